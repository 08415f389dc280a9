/*
 * journal - segment files as a crash or a bad disk left them, in a folder in
 *           memory.
 *
 * Steps write the files; most frames are made right around the step's facts.
 * What opens once opens again with the same last turn, and every entry that
 * the index knows can be asked for.
 */
#include "harness.h"

#include "edge/journal/frame.h"
#include "edge/journal/journal.h"
#include "edge/journal/segment.h"
#include "facts.h"
#include "script.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FRAME, MORE, SEGMENT, RAW, WRONG, AGAIN, ZEROS, BEND, WHATS };

#define SEGMENTS_MAX 8
#define SMALL_SEGMENT 16384

/* The files as they will be. */
struct disk {
    struct buf files[SEGMENTS_MAX];
    uint64_t first_turns[SEGMENTS_MAX];
    size_t count;
    struct buf facts; /* of the frame being made */
    uint32_t fact_count;
    uint64_t turn, chain;
    struct buf last; /* the last frame */
};

static const struct journal_id id = {{1, 2, 3, 4}};

static void
frame_end(struct disk *d, uint64_t turn)
{
    struct frame f = {.turn = turn,
                      .chain = d->chain,
                      .facts_bytes = (uint32_t)d->facts.size,
                      .fact_count = d->fact_count,
                      .checksum = frame_checksum_start()};
    struct slice rest = buf_slice(&d->facts);
    uint8_t header[FRAME_HEADER_BYTES];

    if (!d->fact_count)
        return;
    while (rest.size) {
        struct fact_size size;
        if (fact_size(rest, &size) != OK || size.head > rest.size)
            break;
        f.checksum =
            frame_checksum_head(f.checksum, slice_of(rest.data, size.head));
        size_t whole = size.head + size.blob;
        if (whole > rest.size)
            break;
        rest = slice_of(rest.data + whole, rest.size - whole);
    }
    frame_put(&f, &id, header);
    buf_reset(&d->last);
    buf_put(&d->last, SLICE_ARRAY(header));
    buf_put(&d->last, buf_slice(&d->facts));
    while (d->last.size < frame_bytes(&f))
        buf_put_u8(&d->last, 0);
    buf_put(&d->files[d->count - 1], buf_slice(&d->last));
    d->turn = turn;
    d->chain = frame_chain(header);
    buf_reset(&d->facts);
    d->fact_count = 0;
}

static void
segment_begin(struct disk *d, uint8_t how)
{
    frame_end(d, d->turn + 1);
    if (d->count == SEGMENTS_MAX)
        return;
    d->first_turns[d->count++] = d->turn + 1 - (how & 1) + (how >> 1 & 1);
}

static void
bend(struct disk *d, const struct step *s)
{
    struct buf *file = &d->files[d->count - 1];

    for (size_t i = 0; file->size && i + 2 < s->bytes.size; i += 3) {
        size_t at = get_be16(s->bytes.data + i) % file->size;
        file->data[at] ^= s->bytes.data[i + 2];
    }
}

static void
happen(struct disk *d, const struct step *s)
{
    unsigned what = s->what % WHATS;
    struct buf *file = &d->files[d->count - 1];

    if (what == FRAME || what == MORE || what == WRONG) {
        if (s->how & 0x80)
            buf_put(&d->facts, s->bytes);
        else
            fact_repair(&d->facts, s->bytes);
        d->fact_count++;
    }
    if (what == FRAME)
        frame_end(d, d->turn + 1);
    if (what == WRONG)
        frame_end(d, d->turn + (s->how & 7));
    if (what == SEGMENT)
        segment_begin(d, s->how);
    if (what == RAW)
        buf_put(file, s->bytes);
    if (what == AGAIN)
        buf_put(file, buf_slice(&d->last));
    for (size_t i = 0; what == ZEROS && i < s->how; i++)
        buf_put_u64(file, 0);
    if (what == BEND)
        bend(d, s);
}

/* ---- the folder
 * -------------------------------------------------------------- */

static char folder[64];

static void
folder_remove(void)
{
    (void)rmdir(folder);
}

static int
folder_open(void)
{
    static const char *const places[] = {"/dev/shm", "/tmp"};

    for (size_t i = 0; !folder[0] && i < ARRAY_SIZE(places); i++) {
        (void)snprintf(folder, sizeof folder, "%s/sealane-fuzz-XXXXXX",
                       places[i]);
        if (!mkdtemp(folder))
            folder[0] = 0;
        else
            (void)atexit(folder_remove);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert(fd >= 0);
    return fd;
}

static void
folder_empty(void)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;

    assert(d);
    while ((entry = readdir(d)))
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(d), entry->d_name, 0);
    closedir(d);
}

static void
files_write(const struct disk *d)
{
    int at = folder_open();

    for (size_t i = 0; i < d->count; i++) {
        const struct segment_header h = {id, (uint32_t)i + 1,
                                         d->first_turns[i]};
        size_t size = SEGMENT_HEADER_BYTES + d->files[i].size;
        int fd = -1;
        enum err e =
            segment_create(at, &h, buf_slice(&d->files[i]), &size, &fd);
        assert(e == OK);
        close(fd);
    }
    close(at);
}

/* ---- opening
 * ----------------------------------------------------------------- */

static enum err
count_one(void *count, const struct fact *f)
{
    assert(f->type > 0 && f->type < FACT_TYPE_COUNT);
    ++*(uint64_t *)count;
    return OK;
}

static void
ask(const struct store *s)
{
    uint8_t record[LEAF_BYTES];
    struct checkpoint c;
    struct buf body = {0};

    for (uint32_t lane = 0; lane < 4; lane++)
        for (uint64_t i = 0; i < 4; i++) {
            (void)!s->ops->record(s->self, lane, i, record);
            (void)!s->ops->body(s->self, lane, i, &body);
            (void)!s->ops->checkpoint(s->self, lane, i, &c);
            (void)!s->ops->item(s->self, i, &body);
        }
    buf_clear(&body);
}

static enum err
open_it(uint64_t *turn, uint64_t *facts)
{
    struct journal_opening how = {.directory = folder,
                                  .each = count_one,
                                  .context = facts,
                                  .segment_bytes = SMALL_SEGMENT};
    char message[512] = {0};
    struct journal *j;
    struct store s;

    *facts = 0;
    enum err e = journal_open(&how, &j, message, sizeof message);
    if (e != OK) {
        assert(message[0]);
        return e;
    }
    *turn = journal_turn(j);
    journal_store(j, &s);
    ask(&s);
    journal_close(j);
    return OK;
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct disk d = {.count = 1, .first_turns = {1}};
    struct step s;
    uint64_t turn = 0, again = 0, facts = 0, more = 0;

    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &s); n++)
        happen(&d, &s);
    frame_end(&d, d.turn + 1);
    files_write(&d);
    if (open_it(&turn, &facts) == OK) {
        enum err e = open_it(&again, &more);
        assert(e == OK && turn == again && facts == more);
    }
    folder_empty();
    for (size_t i = 0; i < SEGMENTS_MAX; i++)
        buf_clear(&d.files[i]);
    buf_clear(&d.facts);
    buf_clear(&d.last);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
