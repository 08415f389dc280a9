/*
 * broken_test - a signer whose Ed25519 is broken. The three functions here
 *               stand in the place of core/crypto/sign.c.
 */
#include "fixture.h"

#include "core/crypto/crypto.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

void
crypto_public_key(const struct secret_key *seed, struct public_key *out)
{
    memcpy(out->b, seed->b, sizeof out->b);
}

void
crypto_sign(const struct secret_key *seed, struct slice text,
            struct signature *out)
{
    (void)seed;
    (void)text;
    memset(out->b, 0, sizeof out->b);
}

enum err
crypto_verify(const struct public_key *key, struct slice text,
              const struct signature *signature)
{
    (void)key;
    (void)text;
    (void)signature;
    return ERR_SIGNATURE;
}

/* Ask for a checkpoint; the answer would hold its signature. */
static void
ask_for_a_checkpoint(const struct fixture *f)
{
    struct signer *signer = signer_new(&f->own, f->seeds);
    struct buf request = {0}, journal = {0}, answer = {0};
    struct sign_request_op open;
    const struct sign_request_op extend =
        fixture_extend(f, KEY_ROLE_CHECKPOINT, 0, 1);

    fixture_open(f, KEY_ROLE_CHECKPOINT, 0, &open);
    sign_request_begin(&request, 1);
    sign_request_add(&request, &open);
    sign_request_add(&request, &extend);
    enum err e =
        signer_answer(signer, buf_slice(&request), CLOCK_S, &journal, &answer);
    _exit(e == OK ? 0 : 1);
}

/* PROTOCOL checkpoints: "An origin MUST verify its own signature before it
 * lets it out." */
static void
a_signature_that_does_not_verify_ends_the_signer(void **state)
{
    struct fixture f;
    int status;

    (void)state;
    fixture_init(&f);
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        (void)close(STDERR_FILENO);
        ask_for_a_checkpoint(&f);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_that_does_not_verify_ends_the_signer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
