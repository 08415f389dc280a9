#include "edge/index/cites.h"

void
cites_make(struct db *db)
{
    db_run(db, "CREATE TABLE cited(lane BLOB, place INTEGER, leaf BLOB,"
               " road INTEGER, by INTEGER,"
               " PRIMARY KEY(lane, place, leaf, road, by)) WITHOUT ROWID;"
               "CREATE INDEX cited_by ON cited(by)");
}

void
cites_open(struct cites *c, struct db *db)
{
    *c = (struct cites){.db = db};
    c->put =
        db_prepare(db, "INSERT OR IGNORE INTO cited VALUES(?, ?, ?, ?, ?)");
    c->drop = db_prepare(db, "DELETE FROM cited WHERE by = ?");
    c->next = db_prepare(db, "SELECT min(by) FROM cited WHERE lane = ?"
                             " AND place = ? AND leaf = ? AND road = ?"
                             " AND by > ?");
}

static void
entry_bind(sqlite3_stmt *s, const struct citation *entry, uint64_t road,
           uint32_t message)
{
    db_bind_bytes(s, 1, SLICE_ARRAY(entry->lane.b));
    db_bind(s, 2, (int64_t)entry->first);
    db_bind_bytes(s, 3, SLICE_ARRAY(entry->leaf.b));
    db_bind(s, 4, (int64_t)road);
    db_bind(s, 5, message);
}

void
cites_put(struct cites *c, const struct citation *entry, uint64_t road,
          uint32_t by)
{
    entry_bind(c->put, entry, road, by);
    db_do(c->db, c->put);
}

void
cites_drop(struct cites *c, uint32_t by)
{
    db_bind(c->drop, 1, by);
    db_do(c->db, c->drop);
}

uint32_t
cites_next(struct cites *c, const struct citation *entry, uint64_t road,
           uint32_t after)
{
    uint32_t by = 0;

    entry_bind(c->next, entry, road, after);
    if (db_step(c->db, c->next)) {
        by = (uint32_t)db_number(c->next, 0);
        db_reset(c->next);
    }
    return by;
}
