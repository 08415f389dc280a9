#include "edge/daemon/copies.h"

#include "core/base/limits.h"
#include "edge/daemon/files.h"

#include <stdio.h>

static const struct {
    const char *name;
    size_t most;
    bool is_settings; /* which may lie elsewhere */
} files[COPIES_FILES] = {
    {"card", FRAME_CARD_MAX, false},
    {"stream.secret", 32, false},
    {"sealane.yaml", MIB(1), true},
};

enum err
copies_read(struct copies *c, const struct settings *s)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < COPIES_FILES; i++)
        e = files[i].is_settings
                ? files_read_at(s->file, files[i].most, &c->files[i])
                : files_read(s, files[i].name, files[i].most, &c->files[i]);
    return e;
}

void
copies_clear(struct copies *c)
{
    for (size_t i = 0; i < COPIES_FILES; i++)
        buf_clear(&c->files[i]);
}

static void
copies_state(void *self, struct backup_state *out)
{
    struct copies *c = self;

    c->journal.ops->state(c->journal.self, out);
}

static enum err
copies_part(void *self, size_t i, struct backup_part *out)
{
    struct copies *c = self;

    if (i >= COPIES_FILES)
        return c->journal.ops->part(c->journal.self, i - COPIES_FILES, out);
    *out = (struct backup_part){.bytes = c->files[i].size};
    (void)snprintf(out->name, sizeof out->name, "%s", files[i].name);
    return OK;
}

static enum err
copies_give(void *self, const struct backup_part *from, uint64_t offset,
            size_t most, struct buf *out)
{
    struct copies *c = self;
    size_t i = 0;

    while (i < COPIES_FILES && strcmp(from->name, files[i].name) != 0)
        i++;
    if (i == COPIES_FILES)
        return c->journal.ops->read(c->journal.self, from, offset, most, out);
    struct slice rest = buf_slice(&c->files[i]);
    size_t skip = offset < rest.size ? (size_t)offset : rest.size;
    rest = slice_of(rest.data + skip, rest.size - skip);
    if (rest.size > most)
        rest.size = most;
    buf_put(out, rest);
    return OK;
}

void
copies_port(struct copies *c, const struct backup *journal, struct backup *out)
{
    static const struct backup_ops ops = {
        .state = copies_state, .part = copies_part, .read = copies_give};

    c->journal = *journal;
    *out = (struct backup){&ops, c};
}
