#include "cli/manifest.h"

#include "cli/files.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "edge/control/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST_LINE "sealane backup 1"
#define MANIFEST_BYTES_MAX MIB(64)
#define TEMPORARY "BACKUP.writing"

void
manifest_clear(struct manifest *m)
{
    mem_free(m->parts);
    *m = (struct manifest){0};
}

const struct manifest_part *
manifest_find(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->parts[i].part.name, name) == 0)
            return &m->parts[i];
    return NULL;
}

void
manifest_add(struct manifest *m, const struct manifest_part *part)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->parts[i].part.name, part->part.name) == 0) {
            m->parts[i] = *part;
            return;
        }
    if (m->count == m->capacity) {
        m->capacity = m->capacity * 2 + 8;
        m->parts = mem_resize(m->parts, m->capacity, sizeof *m->parts);
    }
    m->parts[m->count++] = *part;
}

/* ---- reading ------------------------------------------------------------ */

/* Take the next word of a line off. */
static struct slice
word(struct slice *line)
{
    size_t size = 0;

    while (size < line->size && line->data[size] != ' ')
        size++;
    struct slice found = slice_of(line->data, size);
    size += size < line->size;
    *line = slice_of(line->data + size, line->size - size);
    return found;
}

static int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
hex_read(struct slice text, uint8_t *out, size_t size)
{
    if (text.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text.data[2 * i]);
        int low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* A name leads into the backup and nowhere else. */
static bool
name_is_good(struct slice name)
{
    bool dot = true;

    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (dot || (c != '.' && c != '/')))
            return false;
        dot = !letter;
    }
    return name.size > 0 && name.size < BACKUP_NAME_MAX - sizeof PART_NEW &&
           !dot;
}

/* part BYTES CHANGED SHA256 NAME */
static bool
part_line(struct manifest *m, struct slice line)
{
    struct manifest_part p = {.hash = {{0}}};

    if (!decimal_parse(word(&line), &p.part.bytes) ||
        !decimal_parse(word(&line), &p.part.changed_ns) ||
        !hex_read(word(&line), p.hash.b, sizeof p.hash.b) ||
        !name_is_good(line))
        return false;
    memcpy(p.part.name, line.data, line.size);
    manifest_add(m, &p);
    return true;
}

static bool
line_read(struct manifest *m, struct slice line)
{
    struct slice key = word(&line);

    if (slice_is(key, "team"))
        return team_name_parse(line, &m->team);
    if (slice_is(key, "journal"))
        return hex_read(line, m->state.journal, sizeof m->state.journal);
    if (slice_is(key, "turn"))
        return decimal_parse(line, &m->state.turn);
    if (slice_is(key, "time-ms"))
        return decimal_parse(line, &m->time_ms);
    if (slice_is(key, "complete"))
        return m->complete = slice_is(line, "yes"), true;
    return slice_is(key, "part") && part_line(m, line);
}

static enum err
text_read(struct slice text, struct manifest *out)
{
    struct manifest m = {0};
    bool good = true;

    for (bool first = true; good && text.size; first = false) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : 0;
        struct slice line = slice_of(text.data, size);
        good =
            end && (first ? slice_is(line, FIRST_LINE) : line_read(&m, line));
        if (good)
            text = slice_of(end + 1, text.size - size - 1);
    }
    if (!good || !m.team.text[0]) {
        manifest_clear(&m);
        return ERR_FORMAT;
    }
    *out = m;
    return OK;
}

enum err
manifest_read(int folder, const char *name, struct manifest *out)
{
    struct buf text = {0};
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    while (n > 0 && text.size <= MANIFEST_BYTES_MAX) {
        uint8_t bytes[4096];
        n = read(fd, bytes, sizeof bytes);
        if (n > 0)
            buf_put(&text, slice_of(bytes, (size_t)n));
    }
    (void)close(fd);
    enum err e = n < 0 ? ERR_IO : text_read(buf_slice(&text), out);
    buf_clear(&text);
    return e;
}

/* ---- writing ------------------------------------------------------------ */

static void
number_line(struct buf *out, const char *key, uint64_t number)
{
    buf_put_str(out, key);
    buf_put_decimal(out, number);
    buf_put_u8(out, '\n');
}

static void
text_write(const struct manifest *m, struct buf *out)
{
    buf_put_str(out, FIRST_LINE "\nteam ");
    buf_put_str(out, m->team.text);
    buf_put_str(out, "\njournal ");
    buf_put_hex(out, SLICE_ARRAY(m->state.journal));
    number_line(out, "\nturn ", m->state.turn);
    number_line(out, "time-ms ", m->time_ms);
    buf_put_str(out, m->complete ? "complete yes\n" : "complete no\n");
    for (size_t i = 0; i < m->count; i++) {
        const struct manifest_part *p = &m->parts[i];
        buf_put_str(out, "part ");
        buf_put_decimal(out, p->part.bytes);
        buf_put_u8(out, ' ');
        buf_put_decimal(out, p->part.changed_ns);
        buf_put_u8(out, ' ');
        buf_put_hex(out, SLICE_ARRAY(p->hash.b));
        buf_put_u8(out, ' ');
        buf_put_str(out, p->part.name);
        buf_put_u8(out, '\n');
    }
}

enum err
manifest_write(int folder, const char *name, const struct manifest *m)
{
    struct buf text = {0};
    int fd = openat(folder, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                    0600);

    text_write(m, &text);
    bool good = fd >= 0 && file_put(fd, buf_slice(&text)) && fsync(fd) == 0 &&
                renameat(folder, TEMPORARY, folder, name) == 0 &&
                fsync(folder) == 0;
    int why = errno;
    if (fd >= 0)
        (void)close(fd);
    buf_clear(&text);
    errno = why;
    return good ? OK : ERR_IO;
}
