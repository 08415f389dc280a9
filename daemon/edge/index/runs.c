#include "edge/index/runs.h"

#include <assert.h>
#include <stdlib.h>

#define MERGE_RUNS 8
#define SIZE_BITS 3 /* eight of a size make one of the next */

/* Postings in a bucket: some make a page of the file. */
#define BUCKET_BITS 8
#define BUCKETS_BITS_MAX 24
#define ROW(run, bucket)                                                       \
    ((int64_t)(run) << BUCKETS_BITS_MAX | (int64_t)(bucket))

void
runs_make(struct db *db)
{
    db_run(db, "CREATE TABLE run(number INTEGER PRIMARY KEY, bits INTEGER,"
               " postings INTEGER);"
               "CREATE TABLE bucket(row INTEGER PRIMARY KEY, postings BLOB)");
}

static void
rows_drop(struct runs *r, int64_t from, int64_t to)
{
    db_bind(r->drop, 1, from);
    db_bind(r->drop, 2, to);
    db_do(r->db, r->drop);
}

void
runs_open(struct runs *r, struct db *db)
{
    *r = (struct runs){.db = db};
    r->put = db_prepare(db, "INSERT OR REPLACE INTO bucket VALUES(?, ?)");
    r->get = db_prepare(db, "SELECT postings FROM bucket WHERE row = ?");
    r->drop = db_prepare(db, "DELETE FROM bucket WHERE row BETWEEN ? AND ?");
    sqlite3_stmt *s =
        db_prepare(db, "SELECT number, bits, postings FROM run ORDER BY 1");
    int64_t whole = 0;
    while (db_step(db, s)) {
        struct run run = {(uint32_t)db_number(s, 0), (unsigned)db_number(s, 1),
                          (uint64_t)db_number(s, 2)};
        if (r->count == RUNS_MAX || run.bits > BUCKETS_BITS_MAX)
            db_damaged(db, "its runs are not as they were written");
        if (whole < ROW(run.number, 0))
            rows_drop(r, whole, ROW(run.number, 0) - 1);
        whole = ROW(run.number + 1, 0);
        r->list[r->count++] = run;
    }
    /* A merge that a crash cut off left buckets of a run that is none. */
    rows_drop(r, whole, INT64_MAX);
}

void
runs_clear(struct runs *r)
{
    postings_clear(&r->work);
    buf_clear(&r->bytes);
}

/* ---- one run ------------------------------------------------------------ */

static unsigned
bits_for(uint64_t postings)
{
    unsigned bits = 0;

    while (bits < BUCKETS_BITS_MAX && postings >> bits >> BUCKET_BITS)
        bits++;
    return bits;
}

static uint64_t
bucket_of(uint64_t key, unsigned bits)
{
    return bits ? key >> (64 - bits) : 0;
}

static void
bucket_write(struct runs *r, const struct run *to, const struct posting *list,
             size_t count)
{
    buf_reset(&r->bytes);
    postings_put(&r->bytes, list, count);
    db_bind(r->put, 1, ROW(to->number, bucket_of(list->key, to->bits)));
    db_bind_bytes(r->put, 2, buf_slice(&r->bytes));
    db_do(r->db, r->put);
}

/* Write sorted postings into their buckets, which must be new. */
static void
buckets_write(struct runs *r, const struct run *to, const struct posting *list,
              size_t count)
{
    for (size_t i = 0, n; i < count; i += n) {
        uint64_t bucket = bucket_of(list[i].key, to->bits);
        for (n = 1; i + n < count; n++)
            if (bucket_of(list[i + n].key, to->bits) != bucket)
                break;
        bucket_write(r, to, list + i, n);
    }
}

static void
run_save(struct runs *r, const struct run *run)
{
    sqlite3_stmt *s =
        db_prepare(r->db, "INSERT OR REPLACE INTO run VALUES(?, ?, ?)");

    db_bind(s, 1, run->number);
    db_bind(s, 2, run->bits);
    db_bind(s, 3, (int64_t)run->postings);
    db_do(r->db, s);
    (void)sqlite3_finalize(s);
}

static void
run_drop(struct runs *r, size_t i)
{
    uint32_t number = r->list[i].number;
    sqlite3_stmt *s = db_prepare(r->db, "DELETE FROM run WHERE number = ?");

    db_bind(s, 1, number);
    db_do(r->db, s);
    (void)sqlite3_finalize(s);
    rows_drop(r, ROW(number, 0), ROW(number + 1, 0) - 1);
    r->count--;
    memmove(&r->list[i], &r->list[i + 1], (r->count - i) * sizeof r->list[0]);
}

static uint32_t
number_next(const struct runs *r)
{
    uint32_t last = r->count ? r->list[r->count - 1].number : 0;

    return (r->merge.on && r->merge.to.number > last ? r->merge.to.number
                                                     : last) +
           1;
}

static void
run_take(struct runs *r, const struct run *run)
{
    size_t i = r->count++;

    assert(i < RUNS_MAX);
    for (; i && r->list[i - 1].number > run->number; i--)
        r->list[i] = r->list[i - 1];
    r->list[i] = *run;
    run_save(r, run);
}

void
runs_add(struct runs *r, struct postings *p)
{
    if (!p->count)
        return;
    while (r->count > RUNS_MAX / 2 && runs_merge(r, UINT64_MAX))
        ;
    postings_sort(p);
    struct run run = {number_next(r), bits_for(p->count), p->count};
    buckets_write(r, &run, p->list, p->count);
    /* Where a merge runs, its places in the list stay: this one is newer. */
    run_take(r, &run);
    p->count = 0;
}

static bool
bucket_read(struct runs *r, int64_t row, struct slice *out)
{
    db_bind(r->get, 1, row);
    if (!db_step(r->db, r->get))
        return false;
    *out = db_bytes(r->get, 0);
    return true;
}

void
runs_find(struct runs *r, uint64_t key, message_fn each, void *context)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct run *run = &r->list[i];
        struct slice bytes;
        if (!bucket_read(r, ROW(run->number, bucket_of(key, run->bits)),
                         &bytes))
            continue;
        if (!postings_find(bytes, key, each, context))
            db_damaged(r->db, "a bucket is not as it was written");
        db_reset(r->get);
    }
}

/* ---- merging ------------------------------------------------------------ */

static unsigned
size_of(const struct run *run)
{
    unsigned size = 0;

    while (run->postings >> size * SIZE_BITS)
        size++;
    return size;
}

/* Find eight runs of a size, the smallest first; a smaller one that is older
 * than some of them would do no harm, since lists are sorted again. */
static bool
merge_begin(struct runs *r)
{
    struct merge m = {.bits = BUCKETS_BITS_MAX};

    for (unsigned size = 0; size < 64 / SIZE_BITS && m.count < MERGE_RUNS;
         size++) {
        m.count = 0;
        for (size_t i = 0; i < r->count && m.count < MERGE_RUNS; i++)
            if (size_of(&r->list[i]) == size)
                m.from[m.count++] = i;
    }
    if (m.count < MERGE_RUNS)
        return false;
    for (size_t i = 0; i < m.count; i++) {
        const struct run *run = &r->list[m.from[i]];
        m.to.postings += run->postings;
        m.bits = run->bits < m.bits ? run->bits : m.bits;
    }
    m.to.number = number_next(r);
    m.to.bits = bits_for(m.to.postings);
    m.to.postings = 0;
    m.on = true;
    r->merge = m;
    return true;
}

/* Read all of a run whose keys begin with the bits `part`. */
static void
part_read(struct runs *r, const struct run *run, uint64_t part, unsigned bits)
{
    unsigned more = run->bits - bits;

    for (uint64_t i = part << more; i < (part + 1) << more; i++) {
        struct slice bytes;
        if (!bucket_read(r, ROW(run->number, i), &bytes))
            continue;
        if (!postings_get(bytes, &r->work))
            db_damaged(r->db, "a bucket is not as it was written");
        db_reset(r->get);
    }
}

static void
merge_end(struct runs *r)
{
    struct merge m = r->merge;

    for (size_t i = m.count; i-- > 0;)
        run_drop(r, m.from[i]);
    r->merge.on = false;
    run_take(r, &m.to);
}

bool
runs_merge(struct runs *r, uint64_t postings)
{
    struct merge *m = &r->merge;

    if (!m->on && !merge_begin(r))
        return false;
    for (uint64_t done = 0; done < postings;) {
        if (m->next >> m->bits) {
            merge_end(r);
            return true;
        }
        r->work.count = 0;
        for (size_t i = 0; i < m->count; i++)
            part_read(r, &r->list[m->from[i]], m->next, m->bits);
        postings_sort(&r->work);
        buckets_write(r, &m->to, r->work.list, r->work.count);
        m->to.postings += r->work.count;
        m->next++;
        done += r->work.count + 1;
    }
    return true;
}

/* ---- taking away -------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

static bool
stays(const struct posting *p, const uint32_t *messages, size_t count)
{
    return !bsearch(&p->message, messages, count, sizeof *messages, by_number);
}

static void
bucket_purge(struct runs *r, int64_t row, const uint32_t *messages,
             size_t count)
{
    struct slice bytes;
    size_t to = 0;

    if (!bucket_read(r, row, &bytes))
        return;
    r->work.count = 0;
    if (!postings_get(bytes, &r->work))
        db_damaged(r->db, "a bucket is not as it was written");
    db_reset(r->get);
    for (size_t i = 0; i < r->work.count; i++)
        if (stays(&r->work.list[i], messages, count))
            r->work.list[to++] = r->work.list[i];
    if (to == r->work.count)
        return;
    buf_reset(&r->bytes);
    postings_put(&r->bytes, r->work.list, to);
    db_bind(r->put, 1, row);
    db_bind_bytes(r->put, 2, buf_slice(&r->bytes));
    db_do(r->db, r->put);
}

void
runs_purge(struct runs *r, const uint32_t *messages, size_t count)
{
    if (r->merge.on) {
        uint32_t number = r->merge.to.number;
        r->merge.on = false;
        rows_drop(r, ROW(number, 0), ROW(number + 1, 0) - 1);
    }
    for (size_t i = 0; i < r->count; i++)
        for (uint64_t k = 0; !(k >> r->list[i].bits); k++)
            bucket_purge(r, ROW(r->list[i].number, k), messages, count);
}
