/*
 * signer - requests to the signing process, one a step.
 *
 * An even `what` is a request, an odd one a restart. Whatever was asked: the
 * answer can be read, and the journal that was written restores.
 */
#include "harness.h"

#include "edge/signer/signer.h"
#include "script.h"
#include "teams.h"

/* The places of keys, as the files of a node hold them. */
static struct secret_key places[KEY_ROLE_COUNT][2];

static uint32_t made;

/* No key is made twice, nor one that a team has: those are of one byte. */
static void
fill(void *self, void *out, size_t size)
{
    (void)self;
    assert(size > sizeof made);
    memset(out, 0xee, size);
    put_be32(out, ++made);
}

static enum err
keep(void *self, enum key_role role, size_t place,
     const struct secret_key *seed)
{
    (void)self;
    places[role][place] = *seed;
    return OK;
}

static struct signer *
restarted(struct slice journal)
{
    const struct secret_key first[] = {places[1][0], places[2][0],
                                       places[3][0]};
    struct signer *s = signer_new(&team_of(KRCERT)->name, first);

    signer_places_set(s, &(struct signer_places){fill, keep, NULL});
    for (int role = KEY_ROLE_SESSION; role < KEY_ROLE_COUNT; role++)
        for (size_t place = 0; place < ARRAY_SIZE(places[0]); place++)
            signer_key_put(s, (enum key_role)role, place, &places[role][place]);
    while (journal.size) {
        enum err e = signer_restore(s, &journal);
        assert(e == OK);
    }
    return s;
}

static void
answer_read(struct slice answer)
{
    while (answer.size) {
        enum sign_op op;
        struct sign_result r;
        enum err e = sign_answer_get(&answer, &op, &r);
        assert(e == OK);
    }
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct buf journal = {0}, answer = {0};
    struct step step;

    made = 0;
    memset(places, 0, sizeof places);
    for (size_t role = KEY_ROLE_SESSION; role < KEY_ROLE_COUNT; role++)
        places[role][0] = team_of(KRCERT)->seeds[role - 1];
    struct signer *s = restarted((struct slice){0});

    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &step); n++) {
        size_t before = journal.size;
        if (step.what & 1) {
            signer_free(s);
            s = restarted(buf_slice(&journal));
            continue;
        }
        buf_reset(&answer);
        enum err e = signer_answer(s, step.bytes, 1790000000 + step.how,
                                   &journal, &answer);
        assert(e == OK || (journal.size == before && answer.size == 0));
        answer_read(buf_slice(&answer));
        e = signer_settle(s);
        assert(e == OK); /* a role never loses the key in use */
    }
    signer_free(s);
    signer_free(restarted(buf_slice(&journal)));
    buf_clear(&journal);
    buf_clear(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
