#include "edge/index/review.h"

void
reviews_make(struct db *db)
{
    db_run(db, "CREATE TABLE review(message INTEGER PRIMARY KEY, peer INTEGER,"
               " field BLOB, list BLOB, kind INTEGER, type INTEGER,"
               " value BLOB, red INTEGER)");
}

void
reviews_open(struct reviews *r, struct db *db)
{
    *r = (struct reviews){.db = db};
    r->put = db_prepare(
        db, "INSERT OR REPLACE INTO review VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    r->get = db_prepare(db, "SELECT * FROM review WHERE message = ?");
    r->drop = db_prepare(db, "DELETE FROM review WHERE message = ?");
    r->page = db_prepare(db, "SELECT message FROM review WHERE message < ?"
                             " ORDER BY message DESC LIMIT 1");
    r->teams = db_prepare(
        db, "SELECT peer, count(*) FROM review WHERE red <= ? GROUP BY peer");
}

void
reviews_put(struct reviews *r, const struct review *review)
{
    db_reset(r->get);
    db_bind(r->put, 1, review->message);
    db_bind(r->put, 2, review->peer);
    db_bind_bytes(r->put, 3, review->field);
    db_bind_bytes(r->put, 4, review->list);
    db_bind(r->put, 5, review->kind);
    db_bind(r->put, 6, review->type);
    db_bind_bytes(r->put, 7, review->value);
    db_bind(r->put, 8, review->red);
    db_do(r->db, r->put);
}

void
reviews_drop(struct reviews *r, uint32_t message)
{
    db_reset(r->get);
    db_bind(r->drop, 1, message);
    db_do(r->db, r->drop);
}

bool
reviews_get(struct reviews *r, uint32_t message, struct review *out)
{
    db_reset(r->get);
    db_bind(r->get, 1, message);
    if (!db_step(r->db, r->get))
        return false;
    *out = (struct review){.message = message,
                           .peer = (uint32_t)db_number(r->get, 1),
                           .field = db_bytes(r->get, 2),
                           .list = db_bytes(r->get, 3),
                           .kind = (enum warning_kind)db_number(r->get, 4),
                           .type = (unsigned)db_number(r->get, 5),
                           .value = db_bytes(r->get, 6),
                           .red = db_number(r->get, 7) != 0};
    if (out->kind > WARNING_NEVER)
        db_damaged(r->db, "a reason that there is not");
    return true;
}

uint32_t
reviews_before(struct reviews *r, uint32_t before)
{
    uint32_t message = 0;

    db_bind(r->page, 1, before);
    if (db_step(r->db, r->page)) {
        message = (uint32_t)db_number(r->page, 0);
        db_reset(r->page);
    }
    return message;
}

void
reviews_count(struct reviews *r, bool red,
              void (*each)(void *context, uint32_t peer, uint64_t count),
              void *context)
{
    db_bind(r->teams, 1, red);
    while (db_step(r->db, r->teams))
        each(context, (uint32_t)db_number(r->teams, 0),
             (uint64_t)db_number(r->teams, 1));
}
