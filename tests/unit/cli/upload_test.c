#include "cli/upload.h"

#include "core/base/limits.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- a daemon that takes what one page may hold, and remembers it -------- */

#define PAGES_MAX 64
#define RECORDS_MAX 512

struct daemon {
    size_t pages, answered;
    struct {
        uint64_t id;
        size_t messages, bytes, teams;
    } page[PAGES_MAX];
    struct buf frame;
    struct arena arena;
};

static struct daemon fake;
static struct control_record records[RECORDS_MAX];

enum err
daemon_open(const char *path, struct daemon **out)
{
    (void)path;
    *out = &fake;
    return OK;
}

void
daemon_close(struct daemon *d)
{
    (void)d;
}

struct daemon *
daemon_over(int fd)
{
    (void)fd;
    fail();
    return NULL;
}

int
daemon_fd(const struct daemon *d)
{
    (void)d;
    fail();
    return -1;
}

bool
daemon_has_answer(const struct daemon *d)
{
    (void)d;
    fail();
    return false;
}

enum err
daemon_send(struct daemon *d, struct control_request *r)
{
    struct control_request again;
    size_t teams = 0;

    assert_true(d->pages < PAGES_MAX);
    assert_string_equal(r->verb, "submit");
    for (size_t i = 0; i < r->values.count; i++)
        teams += strcmp(r->values.values[i].key, "to") == 0;
    r->id = d->pages + 1;
    buf_reset(&d->frame);
    control_request_put(&d->frame, r);
    arena_reset(&d->arena);
    assert_int_equal(
        control_request_get(slice_of(d->frame.data + CONTROL_HEADER_BYTES,
                                     d->frame.size - CONTROL_HEADER_BYTES),
                            &d->arena, &again),
        OK);
    d->page[d->pages].id = r->id;
    d->page[d->pages].messages = r->message_count;
    d->page[d->pages].bytes = d->frame.size;
    d->page[d->pages++].teams = teams;
    return OK;
}

enum err
daemon_receive(struct daemon *d, int timeout_ms, struct control_answer *out)
{
    (void)timeout_ms;
    assert_true(d->answered < d->pages);
    *out = (struct control_answer){.id = d->page[d->answered].id,
                                   .records = records};
    out->record_count = d->page[d->answered++].messages;
    return OK;
}

/* ---- what goes ----------------------------------------------------------- */

static const struct option own[] = {
    {"socket", 0, "PATH", ""},
    {"state", 0, "PATH", ""},
    {NULL, 0, NULL, NULL},
};

static void
on_verdict(void *context, const struct upload_tag *tag,
           const struct control_record *record)
{
    uint64_t *count = context;

    (void)tag;
    (void)record;
    ++*count;
}

/* Names as long as names may be. */
static void
put_teams(struct buf *to, size_t teams)
{
    char name[TEAM_NAME_MAX + 1];

    for (size_t i = 0; i < teams; i++) {
        (void)snprintf(name, sizeof name, "%0*zu", TEAM_NAME_MAX, i);
        buf_put(to, slice_of(name, sizeof name));
    }
}

/* Upload messages, whose head has so many bytes, to so many teams. */
static void
upload(size_t teams, size_t count, size_t bytes)
{
    struct run run = {.options.tables = {own}};
    struct command command = {.name = "submit"};
    struct buf to = {0}, id = {0};
    struct upload_tag tag = {0};
    struct message m = {.kind = MESSAGE_NOTE, .has_head = true};
    uint64_t verdicts = 0;
    struct upload_config config = {.run = &run,
                                   .to = &to,
                                   .dry_run = true,
                                   .context = &verdicts,
                                   .verdict = on_verdict};

    run.command = &command;
    fake = (struct daemon){0};
    arena_init(&fake.arena, DECODE_BUDGET_FACTOR * CONTROL_FRAME_MAX);
    put_teams(&to, teams);
    for (size_t i = 0; i < bytes; i++)
        buf_put_u8(&id, 'x');
    m.head.object_id = buf_slice(&id);
    m.head.marking.tlp = TLP_GREEN;
    struct upload *u = upload_new(&config);
    for (size_t i = 0; i < count; i++)
        assert_true(upload_add(u, &tag, &m, UPLOAD_ALL));
    assert_true(upload_finish(u));
    upload_free(u);
    assert_int_equal(verdicts, count);
    arena_clear(&fake.arena);
    buf_clear(&fake.frame);
    buf_clear(&id);
    buf_clear(&to);
}

static void
expect_pages(size_t messages)
{
    for (size_t i = 0; i < fake.pages; i++) {
        size_t teams = fake.page[i].teams;
        assert_true(fake.page[i].messages * teams <= PAGE_OFFERS_MAX);
        assert_true(fake.page[i].bytes * teams <= PAGE_OFFERS_BYTES_MAX);
    }
    assert_int_equal(fake.page[0].messages, messages);
}

static void
a_page_for_many_teams_makes_no_more_than_the_daemon_takes(void **state)
{
    (void)state;
    upload(128, 1100, 10);
    expect_pages(512);
    upload(200, 1100, 10);
    expect_pages(PAGE_OFFERS_MAX / 200);
    upload(PEERS_MAX, 1100, 10);
    expect_pages(PAGE_OFFERS_MAX / PEERS_MAX);
}

/* Heads count, and so do the names of the teams. */
static void
pages_are_cut_by_the_bytes_that_all_teams_make(void **state)
{
    (void)state;
    upload(PEERS_MAX, 1000, KIB(5));
    expect_pages(BODY_ANNOUNCED / KIB(5));
    upload(PEERS_MAX, 3, BODY_ANNOUNCED - KIB(1));
    expect_pages(1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_page_for_many_teams_makes_no_more_than_the_daemon_takes),
        cmocka_unit_test(pages_are_cut_by_the_bytes_that_all_teams_make),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
