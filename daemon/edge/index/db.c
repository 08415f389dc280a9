#include "edge/index/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_MORE 16

void
db_remove(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[sizeof((struct db *)0)->path + PATH_MORE];

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name);
    }
}

static _Noreturn void
die(struct db *db, const char *what, int code)
{
    bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

    (void)fprintf(stderr, "the index cannot %s %s: %s%s\n", what, db->path,
                  db->handle ? sqlite3_errmsg(db->handle)
                             : sqlite3_errstr(code),
                  damaged ? "; it is made again" : "");
    if (damaged)
        db_remove(db->path);
    _exit(DB_EXIT_STATUS);
}

void
db_damaged(struct db *db, const char *what)
{
    (void)fprintf(stderr, "the index %s: %s; it is made again\n", db->path,
                  what);
    db_remove(db->path);
    _exit(DB_EXIT_STATUS);
}

void
db_open(struct db *db, const char *path)
{
    *db = (struct db){0};
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    int code = sqlite3_open_v2(
        path, &db->handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        die(db, "open", code);
}

void
db_close(struct db *db)
{
    sqlite3_stmt *s;

    if (!db->handle)
        return;
    while ((s = sqlite3_next_stmt(db->handle, NULL)))
        (void)sqlite3_finalize(s);
    int code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK);
    db->handle = NULL;
}

void
db_run(struct db *db, const char *sql)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    if (code != SQLITE_OK)
        die(db, "write", code);
}

sqlite3_stmt *
db_prepare(struct db *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v3(db->handle, sql, -1,
                                  SQLITE_PREPARE_PERSISTENT, &s, NULL);

    if (code != SQLITE_OK)
        die(db, "ask", code);
    return s;
}

void
db_bind(sqlite3_stmt *s, int at, int64_t number)
{
    int code = sqlite3_bind_int64(s, at, number);

    assert(code == SQLITE_OK);
}

void
db_bind_bytes(sqlite3_stmt *s, int at, struct slice bytes)
{
    int code = sqlite3_bind_blob64(s, at, bytes.size ? bytes.data : NULL,
                                   bytes.size, SQLITE_STATIC);

    assert(code == SQLITE_OK);
}

bool
db_step(struct db *db, sqlite3_stmt *s)
{
    int code = sqlite3_step(s);

    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        die(db, "use", code);
    (void)sqlite3_reset(s);
    return false;
}

void
db_do(struct db *db, sqlite3_stmt *s)
{
    while (db_step(db, s))
        ;
}

void
db_reset(sqlite3_stmt *s)
{
    (void)sqlite3_reset(s);
}

int64_t
db_number(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column);
}

struct slice
db_bytes(sqlite3_stmt *s, int column)
{
    const void *data = sqlite3_column_blob(s, column);
    int size = sqlite3_column_bytes(s, column);

    return slice_of(data, size > 0 ? (size_t)size : 0);
}

int64_t
db_ask(struct db *db, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *s = db_prepare(db, sql);
    int64_t answer = db_step(db, s) ? db_number(s, 0) : otherwise;

    (void)sqlite3_finalize(s);
    return answer;
}
