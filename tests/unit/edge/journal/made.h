/*
 * made - a small journal, taken apart so that tests can damage it.
 */
#ifndef UNIT_EDGE_JOURNAL_MADE_H
#define UNIT_EDGE_JOURNAL_MADE_H

#include "edge/journal/frame.h"
#include "edge/journal/journal.h"
#include "edge/journal/segment.h"

#include "checks.h"

#include "disk.h"
#include "folder.h"

/* Room for the turns of a test in one segment. */
#define SEGMENT KIB(16)
#define TURNS 4

/* A journal's first segment after TURNS turns, and where its frames are. */
struct made {
    struct folder folder;
    struct buf file;
    struct journal_id id;
    size_t start[TURNS + 2]; /* of turn 1 at 1; of the end at TURNS + 1 */
};

static inline enum err
open_at(const struct folder *f, struct history_reader *reader,
        struct journal **out, char message[256])
{
    struct journal_opening how = {f->path, history_read, reader, SEGMENT, NULL};

    *reader = (struct history_reader){.want = reader->want};
    message[0] = 0;
    return journal_open(&how, out, message, 256);
}

/* Make a journal of `turns` turns of the history. */
static inline void
journal_write(const struct folder *f, uint64_t turns)
{
    struct history_reader reader = {0};
    struct journal *j = NULL;
    char message[256];
    struct store s;

    assert_int_equal(open_at(f, &reader, &j, message), OK);
    journal_store(j, &s);
    while (journal_turn(j) < turns) {
        history_append(&s, journal_turn(j) + 1);
        s.ops->sync(s.self);
    }
    journal_close(j);
    buf_clear(&reader.want);
}

static inline void
make(struct made *m)
{
    struct segment_header header;
    struct frame f;
    size_t at = SEGMENT_HEADER_BYTES;

    *m = (struct made){.folder = folder_new()};
    journal_write(&m->folder, TURNS);
    assert_true(folder_get(&m->folder, "00000001.seg", &m->file));
    assert_int_equal(segment_header_get(buf_slice(&m->file), &header), OK);
    m->id = header.id;
    for (size_t turn = 1; turn <= TURNS; turn++) {
        m->start[turn] = at;
        assert_int_equal(
            frame_get(slice_of(m->file.data + at, m->file.size - at), &m->id,
                      &f),
            OK);
        assert_int_equal(f.turn, turn);
        at += frame_bytes(&f);
    }
    m->start[TURNS + 1] = at;
}

static inline void
unmake(struct made *m)
{
    folder_remove(&m->folder);
    buf_clear(&m->file);
}

/* Put the segment back with the first `size` bytes of it, then `zeros`. */
static inline void
put_back(const struct made *m, size_t size, size_t zeros)
{
    struct buf b = {0};

    folder_empty(&m->folder);
    buf_put(&b, slice_of(m->file.data, size));
    if (zeros)
        memset(buf_extend(&b, zeros), 0, zeros);
    folder_put(&m->folder, "00000001.seg", buf_slice(&b));
    buf_clear(&b);
}

/* The journal opens with `turns` turns, goes on from there, opens again and
 * again, and every time holds what it should. */
static inline void
assert_recovers(const struct made *m, uint64_t turns)
{
    struct history_reader reader = {0};
    struct journal *j = NULL;
    char message[256];
    struct store s;

    for (int round = 0; round < 4; round++) {
        assert_int_equal(open_at(&m->folder, &reader, &j, message), OK);
        assert_int_equal(journal_turn(j), turns);
        assert_int_equal(reader.facts, history_facts(turns));
        journal_store(j, &s);
        history_check(&s, turns);
        if (round == 1) {
            history_append(&s, ++turns);
            s.ops->sync(s.self);
            history_check(&s, turns);
        }
        journal_close(j);
    }
    buf_clear(&reader.want);
}

static inline void
assert_refused(const struct made *m, const char *file)
{
    struct history_reader reader = {0};
    struct journal *j = NULL;
    char message[256];

    for (int round = 0; round < 2; round++) {
        assert_int_equal(open_at(&m->folder, &reader, &j, message),
                         ERR_DAMAGED);
        assert_null(j);
        assert_non_null(strstr(message, file));
        assert_non_null(strstr(message, "at byte"));
    }
    buf_clear(&reader.want);
}

/* Find the blobs of a frame: calls `is_blob[i]` for each byte of the file. */
static inline void
blobs_mark(const struct made *m, bool *is_blob)
{
    for (size_t turn = 1; turn <= TURNS; turn++) {
        struct fact_size size;
        struct frame f;
        size_t at = m->start[turn];
        assert_int_equal(
            frame_get(slice_of(m->file.data + at, m->file.size - at), &m->id,
                      &f),
            OK);
        size_t end = at + FRAME_HEADER_BYTES + f.facts_bytes;
        for (at += FRAME_HEADER_BYTES; at < end; at += size.head + size.blob) {
            assert_int_equal(
                fact_size(slice_of(m->file.data + at, end - at), &size), OK);
            for (size_t i = 0; i < size.blob; i++)
                is_blob[at + size.head + i] = true;
        }
    }
}

/* Put the first segment back as it is, and one behind it without a frame that
 * was made for turn `first`. */
static inline void
put_with_next(const struct made *m, uint64_t first)
{
    struct segment_header header = {m->id, 2, first};
    size_t size = SEGMENT;
    int fd, folder;

    put_back(m, m->start[TURNS + 1], 0);
    folder = open(m->folder.path, O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    assert_int_equal(
        segment_create(folder, &header, (struct slice){0}, &size, &fd), OK);
    close(fd);
    close(folder);
}

#endif
