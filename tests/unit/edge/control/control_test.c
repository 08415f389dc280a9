#include "edge/control/control.h"

#include "core/base/cursor.h"
#include "core/wire/control.h"
#include "edge/control/client.h"
#include "edge/door/door.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A node that has not begun: an exchange without facts, a store without
 * entries, and the socket in front of them. */
struct house {
    struct event_base *base;
    struct exchange *exchange;
    struct turn *turn;
    struct control *control;
    struct settings settings;
    char folder[64], path[96];
};

/* ---- a store with nothing in it ----------------------------------------- */

static void
append_nothing(void *self, struct slice facts)
{
    (void)self;
    assert_int_equal(facts.size, 0);
}

static void
sync_nothing(void *self)
{
    (void)self;
}

static uint64_t
first_turn(void *self)
{
    (void)self;
    return 1;
}

static enum err
no_record(void *self, uint32_t lane, uint64_t index, uint8_t out[LEAF_BYTES])
{
    (void)self, (void)lane, (void)index, (void)out;
    return ERR_NOT_FOUND;
}

static enum err
no_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    (void)self, (void)lane, (void)index, (void)out;
    return ERR_NOT_FOUND;
}

static enum err
no_item(void *self, uint64_t item, struct buf *out)
{
    (void)self, (void)item, (void)out;
    return ERR_NOT_FOUND;
}

static enum err
no_checkpoint(void *self, uint32_t lane, uint64_t size, struct checkpoint *out)
{
    (void)self, (void)lane, (void)size, (void)out;
    return ERR_NOT_FOUND;
}

static const struct store_ops nothing_ops = {
    .append = append_nothing,
    .sync = sync_nothing,
    .turn = first_turn,
    .record = no_record,
    .body = no_body,
    .item = no_item,
    .checkpoint = no_checkpoint,
};

static void
ignore(void *self, const struct effect *effect)
{
    (void)self, (void)effect;
}

/* ---- the house ---------------------------------------------------------- */

static int
open_house(void **state)
{
    static const struct store store = {&nothing_ops, NULL};
    struct house *h = calloc(1, sizeof *h);

    memcpy(h->folder, "/tmp/sealane-control-XXXXXX", 28);
    assert_non_null(mkdtemp(h->folder));
    (void)snprintf(h->path, sizeof h->path, "%s/sock", h->folder);
    (void)snprintf(h->settings.state, sizeof h->settings.state, "%s",
                   h->folder);
    h->base = event_base_new();
    h->exchange = exchange_new(&store);
    h->turn = turn_new(h->exchange, &store);
    for (int type = 1; type < EFFECT_TYPE_COUNT; type++)
        turn_sink_set(h->turn, (enum effect_type)type,
                      (struct turn_sink){ignore, NULL});
    assert_int_equal(
        control_new(h->base, h->turn, &h->settings, h->path, &h->control), OK);
    *state = h;
    return 0;
}

static int
close_house(void **state)
{
    struct house *h = *state;

    control_free(h->control);
    door_remove(h->path);
    turn_free(h->turn);
    exchange_free(h->exchange);
    event_base_free(h->base);
    assert_int_equal(access(h->path, F_OK), -1);
    assert_int_equal(rmdir(h->folder), 0);
    free(h);
    return 0;
}

/* Let the house work for a moment. */
static void
work(struct house *h)
{
    static const struct now now = {{1}, {1}};

    for (int i = 0; i < 5; i++) {
        (void)event_base_loop(h->base, EVLOOP_NONBLOCK);
        if (turn_waiting(h->turn)) {
            turn_run(h->turn, now);
            control_after_turn(h->control);
        }
    }
}

static struct daemon *
join(struct house *h)
{
    struct daemon *d = NULL;

    assert_int_equal(daemon_open(h->path, &d), OK);
    work(h);
    return d;
}

static void
receive(struct house *h, struct daemon *d, struct control_answer *a)
{
    enum err e = ERR_TIMEOUT;

    for (int i = 0; i < 200 && e == ERR_TIMEOUT; i++) {
        work(h);
        e = daemon_receive(d, 5, a);
    }
    assert_int_equal(e, OK);
}

static uint64_t
ask(struct daemon *d, const char *verb)
{
    struct control_request r = {.verb = verb};

    assert_int_equal(daemon_send(d, &r), OK);
    return r.id;
}

/* ---- tests -------------------------------------------------------------- */

static void
the_socket_is_for_owner_and_group(void **state)
{
    struct house *h = *state;
    struct stat s;

    assert_int_equal(stat(h->path, &s), 0);
    assert_true(S_ISSOCK(s.st_mode));
    assert_int_equal(s.st_mode & 0777, 0660);
}

static void
status_is_answered_with_the_node_first(void **state)
{
    struct house *h = *state;
    struct daemon *d = join(h);
    struct control_answer a;
    uint64_t id = ask(d, "status");

    receive(h, d, &a);
    assert_int_equal(a.id, id);
    assert_int_equal(a.code, OK);
    assert_int_equal(a.record_count, 1);
    assert_true(slice_is(control_text(&a.records[0], "kind"), "node"));
    assert_true(
        slice_is(control_text(&a.records[0], "version"), SEALANE_VERSION));
    daemon_close(d);
    work(h);
}

static void
requests_sent_ahead_are_answered_in_order(void **state)
{
    static const char *const verbs[] = {"peers", "lanes", "list", "queue",
                                        "status"};
    struct house *h = *state;
    struct daemon *d = join(h);
    uint64_t ids[40]; /* no more than the socket holds */

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        ids[i] = ask(d, verbs[i % ARRAY_SIZE(verbs)]);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct control_answer a;
        receive(h, d, &a);
        assert_int_equal(a.id, ids[i]);
        assert_int_equal(a.code, OK);
    }
    daemon_close(d);
    work(h);
}

static void
a_change_goes_through_the_exchange_and_back(void **state)
{
    struct house *h = *state;
    struct daemon *d = join(h), *other = join(h);
    struct control_answer a;
    uint64_t id;

    (void)ask(other, "status");
    (void)ask(d, "status");
    receive(h, d, &a);
    id = ask(d, "submit-open");
    receive(h, d, &a);
    assert_int_equal(a.id, id);
    assert_int_equal(a.code, ERR_NOT_NOW); /* it has not begun */
    receive(h, other, &a);
    assert_int_equal(a.code, OK);
    assert_int_equal(daemon_receive(other, 0, &a), ERR_TIMEOUT);
    daemon_close(d);
    daemon_close(other);
    work(h);
}

static void
an_unknown_verb_is_refused_and_the_client_stays(void **state)
{
    struct house *h = *state;
    struct daemon *d = join(h);
    struct control_answer a;

    (void)ask(d, "statsu");
    receive(h, d, &a);
    assert_int_equal(a.code, ERR_UNSUPPORTED);
    (void)ask(d, "status");
    receive(h, d, &a);
    assert_int_equal(a.code, OK);
    daemon_close(d);
    work(h);
}

/* Connect by hand and send bytes; give what comes back before the end. */
static size_t
send_raw(struct house *h, struct slice bytes, uint8_t *out, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t got = 0;

    memcpy(a.sun_path, h->path, strlen(h->path) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    work(h);
    assert_int_equal(send(fd, bytes.data, bytes.size, MSG_NOSIGNAL),
                     bytes.size);
    for (int i = 0; i < 200; i++) {
        work(h);
        ssize_t n = recv(fd, out + got, size - got, MSG_DONTWAIT);
        if (n == 0) {
            (void)close(fd);
            return got;
        }
        got += n > 0 ? (size_t)n : 0;
        (void)poll(NULL, 0, 1);
    }
    fail_msg("the client was not closed");
    return 0;
}

static void
nonsense_gets_an_error_and_ends_that_client_alone(void **state)
{
    static const char *const nonsense[] = {"\0\0\0\0", "\xff\xff\xff\xff",
                                           "\0\0\0\5hello"};
    static const size_t sizes[] = {4, 4, 9};
    struct house *h = *state;
    struct daemon *other = join(h);
    uint8_t bytes[512];
    struct control_answer a;

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        size_t n =
            send_raw(h, slice_of(nonsense[i], sizes[i]), bytes, sizeof bytes);
        struct arena arena;
        assert_true(n > 4);
        arena_init(&arena, 65536);
        assert_int_equal(
            control_answer_get(slice_of(bytes + 4, n - 4), &arena, &a), OK);
        assert_int_not_equal(a.code, OK);
        assert_true(a.text.size > 0);
        arena_clear(&arena);
    }
    (void)ask(other, "status");
    receive(h, other, &a);
    assert_int_equal(a.code, OK);
    daemon_close(other);
    work(h);
}

static void
more_clients_of_a_user_than_its_share_are_turned_away(void **state)
{
    struct house *h = *state;
    struct daemon *all[CONTROL_CLIENTS_OF_USER_MAX], *extra;
    struct control_answer a;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        all[i] = join(h);
    extra = join(h);
    receive(h, extra, &a);
    assert_int_equal(a.code, ERR_QUOTA);
    daemon_close(extra);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        daemon_close(all[i]);
    work(h);
    extra = join(h);
    (void)ask(extra, "status");
    receive(h, extra, &a);
    assert_int_equal(a.code, OK);
    daemon_close(extra);
    work(h);
}

static void
who_is_unknown_is_said_with_the_known_ones(void **state)
{
    struct house *h = *state;
    struct daemon *d = join(h);
    struct control_value team = {"team", CONTROL_TEXT, slice_str("cert.gov.au"),
                                 0};
    struct control_request r = {.verb = "queue", .values = {&team, 1}};
    struct control_answer a;

    assert_int_equal(daemon_send(d, &r), OK);
    receive(h, d, &a);
    assert_int_equal(a.code, ERR_NOT_FOUND);
    assert_true(slice_is(a.text, "\"cert.gov.au\" is not a peer; there is "
                                 "none yet"));
    daemon_close(d);
    work(h);
}

static void
a_bad_cursor_or_id_is_a_clear_error(void **state)
{
    static const struct {
        const char *verb, *key, *text;
        enum err code;
    } cases[] = {
        {"list", "cursor", "nonsense", ERR_VALUE},
        {"list", "cursor", "L99999999999.1", ERR_VALUE},
        {"watch", "cursor", "1.2.3", ERR_VALUE},
        {"show", "id", "nonsense", ERR_VALUE},
        {"show", "id", "a>b#1", ERR_NOT_FOUND},
        {"entries", "id", "nonsense", ERR_VALUE},
        {"entries", "id", "a>b#1", ERR_NOT_FOUND},
    };
    struct house *h = *state;
    struct daemon *d = join(h);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct control_value v = {cases[i].key, CONTROL_TEXT,
                                  slice_str(cases[i].text), 0};
        struct control_request r = {.verb = cases[i].verb, .values = {&v, 1}};
        struct control_answer a;
        assert_int_equal(daemon_send(d, &r), OK);
        receive(h, d, &a);
        assert_int_equal(a.code, cases[i].code);
        assert_true(a.text.size > 0);
    }
    daemon_close(d);
    work(h);
}

static void
an_error_never_shows_half_a_letter(void **state)
{
    struct house *h = *state;
    struct daemon *d = join(h);
    char id[400] = {0};

    for (size_t before = 100; before < 130; before++) {
        memset(id, 'a', before);
        memcpy(id + before, "\xea\xb4\x80", 4); /* with its NUL */
        for (size_t i = 1; i < 20; i++)
            memcpy(id + before + 3 * i, "\xea\xb4\x80", 4);
        struct control_value v = {"id", CONTROL_TEXT, slice_str(id), 0};
        struct control_request r = {.verb = "show", .values = {&v, 1}};
        struct control_answer a;
        assert_int_equal(daemon_send(d, &r), OK);
        receive(h, d, &a);
        assert_int_equal(a.code, ERR_VALUE);
        assert_true(a.text.size > 100);
    }
    daemon_close(d);
    work(h);
}

static void
a_path_that_is_no_socket_is_left_alone(void **state)
{
    struct house *h = *state;
    struct control *second = NULL;
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/file", h->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(control_new(h->base, h->turn, &h->settings, path, &second),
                     ERR_IO);
    assert_int_equal(unlink(path), 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_house, close_house)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_socket_is_for_owner_and_group),
        TEST(status_is_answered_with_the_node_first),
        TEST(requests_sent_ahead_are_answered_in_order),
        TEST(a_change_goes_through_the_exchange_and_back),
        TEST(an_unknown_verb_is_refused_and_the_client_stays),
        TEST(nonsense_gets_an_error_and_ends_that_client_alone),
        TEST(more_clients_of_a_user_than_its_share_are_turned_away),
        TEST(who_is_unknown_is_said_with_the_known_ones),
        TEST(a_bad_cursor_or_id_is_a_clear_error),
        TEST(an_error_never_shows_half_a_letter),
        TEST(a_path_that_is_no_socket_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
