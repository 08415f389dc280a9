#include "fixture.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "edge/signer/client.h"

#include <sys/socket.h>
#include <unistd.h>

#define SEEN_MAX 64

struct link {
    struct signer_client *client;
    int far; /* the signer's end */
    uint64_t ids[SEEN_MAX];
    uint32_t sizes[SEEN_MAX];
    size_t seen;
    bool asks_more;
};

static void
on_answer(void *context, uint64_t id, struct slice answer)
{
    struct link *l = context;

    assert_true(l->seen < SEEN_MAX);
    l->ids[l->seen] = id;
    l->sizes[l->seen++] = (uint32_t)answer.size;
    if (l->asks_more) {
        l->asks_more = false;
        assert_int_equal(
            signer_client_send(l->client, id + 100, slice_str("more")), OK);
    }
}

static int
setup(void **state)
{
    struct link *l = mem_new(sizeof *l);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    l->client = signer_client_new(ends[0], on_answer, l);
    l->far = ends[1];
    *state = l;
    return 0;
}

static int
teardown(void **state)
{
    struct link *l = *state;

    signer_client_free(l->client);
    if (l->far >= 0)
        close(l->far);
    mem_free(l);
    return 0;
}

static void
far_write(struct link *l, const void *bytes, size_t size)
{
    assert_int_equal(write(l->far, bytes, size), (ssize_t)size);
}

/* Read one request at the far end; the answer is its size. */
static uint32_t
far_read(struct link *l)
{
    uint8_t head[4], rest[64];

    assert_int_equal(read(l->far, head, sizeof head), 4);
    uint32_t size = get_be32(head);
    assert_true(size <= sizeof rest);
    assert_int_equal(read(l->far, rest, size), size);
    return size;
}

static void
answers_find_their_requests_in_order(void **state)
{
    struct link *l = *state;
    const uint8_t both[] = {0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0};

    assert_int_equal(signer_client_send(l->client, 7, slice_str("one")), OK);
    assert_int_equal(signer_client_send(l->client, 3, slice_str("three")), OK);
    assert_int_equal(far_read(l), 3);
    assert_int_equal(far_read(l), 5);
    assert_int_equal(signer_client_in_flight(l->client), 2);
    far_write(l, both, sizeof both);
    assert_int_equal(signer_client_readable(l->client), OK);
    assert_int_equal(l->seen, 2);
    assert_int_equal(l->ids[0], 7);
    assert_int_equal(l->sizes[0], 2);
    assert_int_equal(l->ids[1], 3);
    assert_int_equal(l->sizes[1], 0);
    assert_int_equal(signer_client_in_flight(l->client), 0);
}

static void
an_answer_may_come_byte_by_byte(void **state)
{
    struct link *l = *state;
    const uint8_t bytes[] = {0, 0, 0, 3, 'x', 'y', 'z'};

    assert_int_equal(signer_client_send(l->client, 1, slice_str("q")), OK);
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(l->seen, 0);
        far_write(l, bytes + i, 1);
        assert_int_equal(signer_client_readable(l->client), OK);
    }
    assert_int_equal(l->seen, 1);
    assert_int_equal(l->sizes[0], 3);
}

static void
the_callback_may_send(void **state)
{
    struct link *l = *state;
    const uint8_t empty[4] = {0};

    l->asks_more = true;
    assert_int_equal(signer_client_send(l->client, 1, slice_str("q")), OK);
    assert_int_equal(far_read(l), 1);
    far_write(l, empty, sizeof empty);
    assert_int_equal(signer_client_readable(l->client), OK);
    assert_int_equal(far_read(l), 4);
    far_write(l, empty, sizeof empty);
    assert_int_equal(signer_client_readable(l->client), OK);
    assert_int_equal(l->seen, 2);
    assert_int_equal(l->ids[1], 101);
}

static void
what_the_socket_does_not_take_is_kept_and_sent_later(void **state)
{
    struct link *l = *state;
    size_t size = MIB(3);
    uint8_t *big = mem_new(size), chunk[65536];
    size_t got = 0, expected = 4 + size + 4 + 4;

    assert_int_equal(signer_client_send(l->client, 1, slice_of(big, size)), OK);
    assert_true(signer_client_wants_write(l->client));
    assert_int_equal(signer_client_send(l->client, 2, slice_str("tail")), OK);
    while (got < expected) {
        ssize_t n = read(l->far, chunk, sizeof chunk);
        assert_true(n > 0);
        got += (size_t)n;
        if (got == expected)
            assert_memory_equal(chunk + n - 4, "tail", 4);
        assert_int_equal(signer_client_writable(l->client), OK);
    }
    assert_int_equal(got, expected);
    assert_false(signer_client_wants_write(l->client));
    mem_free(big);
}

static void
a_dead_signer_is_an_error_on_either_road(void **state)
{
    struct link *l = *state;

    assert_int_equal(signer_client_send(l->client, 1, slice_str("q")), OK);
    close(l->far);
    l->far = -1;
    assert_int_equal(signer_client_readable(l->client), ERR_IO);
    assert_int_equal(signer_client_send(l->client, 2, slice_str("q")), ERR_IO);
    assert_int_equal(l->seen, 0);
}

static void
an_answer_before_the_death_is_still_handed_over(void **state)
{
    struct link *l = *state;
    const uint8_t empty[4] = {0};

    assert_int_equal(signer_client_send(l->client, 9, slice_str("q")), OK);
    assert_int_equal(far_read(l), 1);
    far_write(l, empty, sizeof empty);
    close(l->far);
    l->far = -1;
    assert_int_equal(signer_client_readable(l->client), ERR_IO);
    assert_int_equal(l->seen, 1);
}

static void
an_answer_that_nobody_asked_for_is_an_error(void **state)
{
    struct link *l = *state;
    const uint8_t empty[4] = {0};

    far_write(l, empty, sizeof empty);
    assert_int_equal(signer_client_readable(l->client), ERR_FORMAT);
    assert_int_equal(l->seen, 0);
}

static void
an_answer_above_the_limit_is_an_error(void **state)
{
    struct link *l = *state;
    const uint8_t head[4] = {0xff, 0xff, 0xff, 0xff};

    assert_int_equal(signer_client_send(l->client, 1, slice_str("q")), OK);
    far_write(l, head, sizeof head);
    assert_int_equal(signer_client_readable(l->client), ERR_FORMAT);
}

static void
too_many_in_flight_are_refused_without_a_byte_sent(void **state)
{
    struct link *l = *state;
    uint64_t id = 0;
    enum err e;

    do
        e = signer_client_send(l->client, id++, (struct slice){0});
    while (e == OK && id < 1000000);
    assert_int_equal(e, ERR_LIMIT);
    assert_int_equal(signer_client_in_flight(l->client), id - 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_find_their_requests_in_order),
        TEST(an_answer_may_come_byte_by_byte),
        TEST(the_callback_may_send),
        TEST(what_the_socket_does_not_take_is_kept_and_sent_later),
        TEST(a_dead_signer_is_an_error_on_either_road),
        TEST(an_answer_before_the_death_is_still_handed_over),
        TEST(an_answer_that_nobody_asked_for_is_an_error),
        TEST(an_answer_above_the_limit_is_an_error),
        TEST(too_many_in_flight_are_refused_without_a_byte_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
