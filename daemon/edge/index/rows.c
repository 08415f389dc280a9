#include "edge/index/rows.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* What waits in memory: 16 bytes a posting, and as much for sorting. */
#define FRESH_MAX (1024u * 1024u)

static const char tables[] =
    "PRAGMA page_size = 8192;"
    "PRAGMA journal_mode = wal;"
    "BEGIN;"
    "CREATE TABLE about(version INTEGER, secret BLOB, journal BLOB,"
    " frame BLOB, turn INTEGER, segment INTEGER, place INTEGER,"
    " messages INTEGER, red INTEGER, exercise INTEGER, both INTEGER,"
    " last INTEGER, lists INTEGER, judge INTEGER);"
    "CREATE TABLE message(number INTEGER PRIMARY KEY, peer INTEGER,"
    " lane INTEGER, place INTEGER, flags INTEGER, code INTEGER, time INTEGER,"
    " head BLOB, name BLOB, mark BLOB, leaf BLOB);"
    "CREATE TABLE entry(lane INTEGER, place INTEGER, message INTEGER,"
    " PRIMARY KEY(lane, place)) WITHOUT ROWID;"
    "CREATE TABLE lane(number INTEGER PRIMARY KEY, peer INTEGER,"
    " ours INTEGER, withheld INTEGER, epoch INTEGER, id BLOB);"
    "CREATE TABLE again(message INTEGER PRIMARY KEY, item INTEGER);"
    "CREATE TABLE team(peer INTEGER PRIMARY KEY, team BLOB, name BLOB)";

/* ---- opening ------------------------------------------------------------ */

static void
make(struct rows *r)
{
    uint8_t secret[KEY_SECRET_BYTES];
    ssize_t got = getrandom(secret, sizeof secret, 0);

    assert(got == sizeof secret);
    db_run(&r->db, tables);
    runs_make(&r->db);
    reviews_make(&r->db);
    cites_make(&r->db);
    sqlite3_stmt *s =
        db_prepare(&r->db, "INSERT INTO about(version, secret) VALUES(?, ?)");
    db_bind(s, 1, ROWS_VERSION);
    db_bind_bytes(s, 2, SLICE_ARRAY(secret));
    db_do(&r->db, s);
    (void)sqlite3_finalize(s);
    db_run(&r->db, "COMMIT");
}

static bool
is_made(struct rows *r)
{
    return db_ask(&r->db, "SELECT count(*) FROM sqlite_schema", 0) > 0;
}

static void
copy_bytes(struct slice from, uint8_t *to, size_t size)
{
    memset(to, 0, size);
    if (from.size == size)
        memcpy(to, from.data, size);
}

static void
about_read(struct rows *r)
{
    sqlite3_stmt *s = db_prepare(
        &r->db, "SELECT secret, journal, frame, turn, segment, place, messages,"
                " red, exercise, both, last, lists, judge FROM about");
    uint8_t secret[KEY_SECRET_BYTES];

    if (!db_step(&r->db, s))
        db_damaged(&r->db, "it says nothing of itself");
    copy_bytes(db_bytes(s, 0), secret, sizeof secret);
    r->secret = key_secret_of(secret);
    struct position *p = &r->position;
    copy_bytes(db_bytes(s, 1), p->journal, sizeof p->journal);
    copy_bytes(db_bytes(s, 2), p->frame, sizeof p->frame);
    p->turn = (uint64_t)db_number(s, 3);
    p->segment = (uint32_t)db_number(s, 4);
    p->offset = (uint64_t)db_number(s, 5);
    r->counts = (struct rows_counts){
        (uint64_t)db_number(s, 6), (uint64_t)db_number(s, 7),
        (uint64_t)db_number(s, 8), (uint64_t)db_number(s, 9)};
    r->last = (uint32_t)db_number(s, 10);
    r->lists = (uint64_t)db_number(s, 11);
    r->judge = (uint32_t)db_number(s, 12);
    (void)sqlite3_finalize(s);
}

static void
prepare(struct rows *r)
{
    struct db *db = &r->db;

    r->add = db_prepare(db, "INSERT INTO message"
                            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    r->get = db_prepare(db, "SELECT * FROM message WHERE number = ?");
    r->page = db_prepare(db, "SELECT * FROM message WHERE number < ?"
                             " ORDER BY number DESC LIMIT 1");
    r->set = db_prepare(db, "UPDATE message SET lane = ?2, place = ?3,"
                            " flags = ?4, code = ?5, time = ?6, leaf = ?7"
                            " WHERE number = ?1");
    r->drop = db_prepare(db, "DELETE FROM message WHERE number = ?");
    r->place = db_prepare(db, "INSERT OR REPLACE INTO entry VALUES(?, ?, ?)");
    r->at = db_prepare(
        db, "SELECT message FROM entry WHERE lane = ? AND place = ?");
    r->unplace =
        db_prepare(db, "DELETE FROM entry WHERE lane = ? AND place = ?");
    r->lane_put =
        db_prepare(db, "INSERT OR REPLACE INTO lane VALUES(?, ?, ?, ?, ?, ?)");
    r->lane_get = db_prepare(
        db,
        "SELECT peer, ours, withheld, epoch, id FROM lane WHERE number = ?");
    r->peer_put = db_prepare(db, "INSERT OR REPLACE INTO team VALUES(?, ?, ?)");
    r->peer_get = db_prepare(db, "SELECT team, name FROM team WHERE peer = ?");
    r->again_put = db_prepare(db, "INSERT OR REPLACE INTO again VALUES(?, ?)");
    r->again_get = db_prepare(db, "SELECT item FROM again WHERE message = ?");
    r->again_drop = db_prepare(db, "DELETE FROM again WHERE message = ?");
}

void
rows_open(struct rows *r, const char *path)
{
    *r = (struct rows){0};
    db_open(&r->db, path);
    /* Nobody else opens it, so that no memory is shared. */
    db_run(&r->db, "PRAGMA locking_mode = exclusive");
    if (is_made(r) &&
        db_ask(&r->db, "SELECT version FROM about", 0) != ROWS_VERSION) {
        db_close(&r->db);
        db_remove(path);
        db_open(&r->db, path);
    }
    if (!is_made(r))
        make(r);
    /* A power loss takes what is not yet in the file, and never half of it:
     * what was taken is read from the journal again. */
    db_run(&r->db, "PRAGMA synchronous = normal;"
                   "PRAGMA cache_size = -32768;"
                   "PRAGMA temp_store = memory;"
                   "PRAGMA wal_autocheckpoint = 8192;"
                   "PRAGMA secure_delete = fast");
    about_read(r);
    prepare(r);
    runs_open(&r->runs, &r->db);
    reviews_open(&r->reviews, &r->db);
    cites_open(&r->cites, &r->db);
}

void
rows_close(struct rows *r)
{
    if (r->open)
        db_run(&r->db, "ROLLBACK");
    runs_clear(&r->runs);
    postings_clear(&r->fresh);
    mem_free(r->gone);
    db_close(&r->db);
    *r = (struct rows){0};
}

void
rows_restart(struct rows *r)
{
    char path[sizeof r->db.path];

    memcpy(path, r->db.path, sizeof path);
    rows_close(r);
    db_remove(path);
    rows_open(r, path);
}

/* ---- transactions ------------------------------------------------------- */

static void
begin(struct rows *r)
{
    if (r->open)
        return;
    db_run(&r->db, "BEGIN");
    r->open = true;
}

static void
about_write(struct rows *r)
{
    sqlite3_stmt *s = db_prepare(
        &r->db, "UPDATE about SET journal = ?, frame = ?, turn = ?,"
                " segment = ?, place = ?, messages = ?, red = ?, exercise = ?,"
                " both = ?, last = ?, lists = ?, judge = ?");
    const struct position *p = &r->position;

    db_bind_bytes(s, 1, SLICE_ARRAY(p->journal));
    db_bind_bytes(s, 2, SLICE_ARRAY(p->frame));
    db_bind(s, 3, (int64_t)p->turn);
    db_bind(s, 4, p->segment);
    db_bind(s, 5, (int64_t)p->offset);
    db_bind(s, 6, (int64_t)r->counts.messages);
    db_bind(s, 7, (int64_t)r->counts.red);
    db_bind(s, 8, (int64_t)r->counts.exercise);
    db_bind(s, 9, (int64_t)r->counts.red_exercise);
    db_bind(s, 10, r->last);
    db_bind(s, 11, (int64_t)r->lists);
    db_bind(s, 12, r->judge);
    db_do(&r->db, s);
    (void)sqlite3_finalize(s);
}

static int
by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* What was freed is overwritten, also what was copied to the log. */
static void
purge(struct rows *r)
{
    qsort(r->gone, r->gone_count, sizeof *r->gone, by_number);
    runs_purge(&r->runs, r->gone, r->gone_count);
}

void
rows_commit(struct rows *r)
{
    bool purges = r->gone_count > 0;

    db_reset(r->get);
    db_reset(r->page);
    db_reset(r->reviews.get);
    begin(r);
    runs_add(&r->runs, &r->fresh);
    r->sorted = 0;
    if (purges)
        purge(r);
    about_write(r);
    db_run(&r->db, "COMMIT");
    r->open = false;
    if (!purges)
        return;
    r->gone_count = 0;
    db_run(&r->db, "PRAGMA secure_delete = fast;"
                   "PRAGMA wal_checkpoint(truncate)");
}

bool
rows_are_many(const struct rows *r)
{
    return r->fresh.count >= FRESH_MAX;
}

bool
rows_tidy(struct rows *r, uint64_t postings)
{
    assert(!r->open);
    begin(r);
    bool more = runs_merge(&r->runs, postings);
    db_run(&r->db, "COMMIT");
    r->open = false;
    return more;
}

/* ---- messages ----------------------------------------------------------- */

static void
count(struct rows *r, unsigned flags, bool up)
{
    const unsigned both = ROW_RED | ROW_EXERCISE;
    struct rows_counts *c = &r->counts;
    uint64_t by = up ? 1 : UINT64_MAX;

    c->messages += by;
    if (flags & ROW_RED)
        c->red += by;
    if (flags & ROW_EXERCISE)
        c->exercise += by;
    if ((flags & both) == both)
        c->red_exercise += by;
}

uint32_t
rows_add(struct rows *r, const struct row *row)
{
    assert(r->last < UINT32_MAX);
    begin(r);
    db_bind(r->add, 1, ++r->last);
    db_bind(r->add, 2, row->peer);
    db_bind(r->add, 3, row->lane);
    db_bind(r->add, 4, (int64_t)row->index);
    db_bind(r->add, 5, row->flags);
    db_bind(r->add, 6, row->code);
    db_bind(r->add, 7, (int64_t)row->time.ms);
    db_bind_bytes(r->add, 8, row->head);
    db_bind_bytes(r->add, 9, row->name);
    db_bind_bytes(r->add, 10, row->mark);
    db_bind_bytes(r->add, 11, SLICE_ARRAY(row->leaf.b));
    db_do(&r->db, r->add);
    count(r, row->flags, true);
    return r->last;
}

void
rows_lead(struct rows *r, enum key_class class, struct slice text,
          uint32_t message)
{
    postings_add(&r->fresh, key_of(&r->secret, class, text), message);
}

static void
row_read(sqlite3_stmt *s, struct row *out)
{
    *out = (struct row){.message = (uint32_t)db_number(s, 0),
                        .peer = (uint32_t)db_number(s, 1),
                        .lane = (uint32_t)db_number(s, 2),
                        .index = (uint64_t)db_number(s, 3),
                        .flags = (unsigned)db_number(s, 4),
                        .code = (unsigned)db_number(s, 5),
                        .time = {(uint64_t)db_number(s, 6)},
                        .head = db_bytes(s, 7),
                        .name = db_bytes(s, 8),
                        .mark = db_bytes(s, 9)};
    copy_bytes(db_bytes(s, 10), out->leaf.b, sizeof out->leaf.b);
}

/* The row's bytes live as long as the statement stands on it. */
static bool
row_step(struct rows *r, sqlite3_stmt *s, uint32_t number, struct row *out)
{
    db_reset(s);
    db_bind(s, 1, number);
    if (!db_step(&r->db, s))
        return false;
    row_read(s, out);
    return true;
}

bool
rows_get(struct rows *r, uint32_t message, struct row *out)
{
    return row_step(r, r->get, message, out);
}

bool
rows_before(struct rows *r, uint32_t before, struct row *out)
{
    return row_step(r, r->page, before, out);
}

void
rows_set(struct rows *r, const struct row *row)
{
    begin(r);
    db_bind(r->set, 1, row->message);
    db_bind(r->set, 2, row->lane);
    db_bind(r->set, 3, (int64_t)row->index);
    db_bind(r->set, 4, row->flags);
    db_bind(r->set, 5, row->code);
    db_bind(r->set, 6, (int64_t)row->time.ms);
    db_bind_bytes(r->set, 7, SLICE_ARRAY(row->leaf.b));
    db_do(&r->db, r->set);
}

void
rows_review(struct rows *r, const struct row *row, const struct review *review)
{
    begin(r);
    rows_set(r, row);
    if (review) {
        struct review whole = *review;
        whole.message = row->message;
        whole.peer = row->peer;
        whole.red = (row->flags & ROW_RED) != 0;
        reviews_put(&r->reviews, &whole);
    } else {
        reviews_drop(&r->reviews, row->message);
    }
}

void
rows_judge(struct rows *r, uint64_t lists, uint32_t upto)
{
    begin(r);
    r->lists = lists;
    r->judge = upto;
}

void
rows_place(struct rows *r, uint32_t lane, uint64_t index, uint32_t message)
{
    begin(r);
    db_bind(r->place, 1, lane);
    db_bind(r->place, 2, (int64_t)index);
    db_bind(r->place, 3, message);
    db_do(&r->db, r->place);
}

uint32_t
rows_at(struct rows *r, uint32_t lane, uint64_t index)
{
    uint32_t message = 0;

    db_bind(r->at, 1, lane);
    db_bind(r->at, 2, (int64_t)index);
    if (db_step(&r->db, r->at)) {
        message = (uint32_t)db_number(r->at, 0);
        db_reset(r->at);
    }
    return message;
}

void
rows_again_put(struct rows *r, uint32_t message, uint64_t item)
{
    begin(r);
    db_bind(r->again_put, 1, message);
    db_bind(r->again_put, 2, (int64_t)item);
    db_do(&r->db, r->again_put);
}

bool
rows_again(struct rows *r, uint32_t message, uint64_t *item)
{
    db_bind(r->again_get, 1, message);
    if (!db_step(&r->db, r->again_get))
        return false;
    *item = (uint64_t)db_number(r->again_get, 0);
    db_reset(r->again_get);
    return true;
}

static void
unplace(struct rows *r, uint32_t lane, uint64_t index)
{
    db_bind(r->unplace, 1, lane);
    db_bind(r->unplace, 2, (int64_t)index);
    db_do(&r->db, r->unplace);
}

void
rows_forget(struct rows *r, uint32_t message)
{
    struct row row;

    if (!rows_get(r, message, &row))
        return;
    db_reset(r->get);
    /* What is freed from here to the commit is overwritten. */
    if (!r->gone_count)
        db_run(&r->db, "PRAGMA secure_delete = on");
    begin(r);
    unplace(r, row.lane, row.index);
    reviews_drop(&r->reviews, message);
    db_bind(r->drop, 1, message);
    db_do(&r->db, r->drop);
    cites_drop(&r->cites, message);
    db_bind(r->again_drop, 1, message);
    db_do(&r->db, r->again_drop);
    count(r, row.flags, false);
    if (r->gone_count == r->gone_capacity) {
        r->gone_capacity = r->gone_capacity ? 2 * r->gone_capacity : 16;
        r->gone = mem_resize(r->gone, r->gone_capacity, sizeof *r->gone);
    }
    r->gone[r->gone_count++] = message;
}

/* A team, and which of the two of us sent. */
static uint64_t
road_of(const struct row *row)
{
    return (uint64_t)row->peer << 1 | ((row->flags & ROW_OURS) != 0);
}

void
rows_withdraw(struct rows *r, const struct citation *entry,
              const struct row *row, uint32_t by)
{
    begin(r);
    cites_put(&r->cites, entry, road_of(row), by);
}

uint32_t
rows_withdrawn(struct rows *r, const struct row *row, uint32_t after)
{
    struct citation entry = {
        .first = row->index, .count = 1, .leaf = row->leaf};
    struct rows_lane lane;

    if (row->lane == ROWS_LANE_NONE || !rows_lane(r, row->lane, &lane))
        return 0;
    entry.lane = lane.id;
    return cites_next(&r->cites, &entry, road_of(row), after);
}

void
rows_each(struct rows *r, enum key_class class, struct slice text,
          message_fn each, void *context)
{
    uint64_t key = key_of(&r->secret, class, text);

    runs_find(&r->runs, key, each, context);
    if (r->sorted != r->fresh.count) {
        postings_sort(&r->fresh);
        r->sorted = r->fresh.count;
    }
    postings_pick(&r->fresh, key, each, context);
}

/* ---- lanes and teams ---------------------------------------------------- */

void
rows_lane_put(struct rows *r, uint32_t lane, const struct rows_lane *l)
{
    begin(r);
    db_bind(r->lane_put, 1, lane);
    db_bind(r->lane_put, 2, l->peer);
    db_bind(r->lane_put, 3, l->ours);
    db_bind(r->lane_put, 4, l->withheld);
    db_bind(r->lane_put, 5, (int64_t)l->epoch);
    db_bind_bytes(r->lane_put, 6, SLICE_ARRAY(l->id.b));
    db_do(&r->db, r->lane_put);
}

bool
rows_lane(struct rows *r, uint32_t lane, struct rows_lane *out)
{
    db_bind(r->lane_get, 1, lane);
    if (!db_step(&r->db, r->lane_get))
        return false;
    *out = (struct rows_lane){.peer = (uint32_t)db_number(r->lane_get, 0),
                              .ours = db_number(r->lane_get, 1) != 0,
                              .withheld = db_number(r->lane_get, 2) != 0,
                              .epoch = (uint64_t)db_number(r->lane_get, 3)};
    copy_bytes(db_bytes(r->lane_get, 4), out->id.b, sizeof out->id.b);
    db_reset(r->lane_get);
    return true;
}

void
rows_withhold(struct rows *r)
{
    begin(r);
    db_run(&r->db, "UPDATE lane SET withheld = 1");
}

void
rows_team_put(struct rows *r, uint32_t peer, const struct rows_team *t)
{
    begin(r);
    db_bind(r->peer_put, 1, peer);
    db_bind_bytes(r->peer_put, 2, slice_str(t->team));
    db_bind_bytes(r->peer_put, 3, slice_str(t->name));
    db_do(&r->db, r->peer_put);
}

static void
text_take(struct slice from, char to[ROWS_TEAM_MAX])
{
    size_t size = from.size < ROWS_TEAM_MAX ? from.size : ROWS_TEAM_MAX - 1;

    if (size)
        memcpy(to, from.data, size);
    to[size] = 0;
}

bool
rows_team(struct rows *r, uint32_t peer, struct rows_team *out)
{
    db_bind(r->peer_get, 1, peer);
    if (!db_step(&r->db, r->peer_get))
        return false;
    text_take(db_bytes(r->peer_get, 0), out->team);
    text_take(db_bytes(r->peer_get, 1), out->name);
    db_reset(r->peer_get);
    return true;
}
