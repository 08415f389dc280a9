#include "cli/source.h"

#include "cli/text.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/crypto/crypto.h"
#include "core/formats/detect.h"
#include "core/formats/value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK KIB(256)
#define LOOK_BYTES KIB(4)
#define VALUE_BUDGET (64 * VALUE_BYTES_MAX)

/* ---- opening ------------------------------------------------------------ */

/* Keep a pipe in a file without a name, so that it can be read again. */
static int
spool(int from, const char *name)
{
    static uint8_t chunk[CHUNK];
    FILE *file = tmpfile();
    int fd = file ? dup(fileno(file)) : -1;
    ssize_t n = 0;

    if (file)
        (void)fclose(file);
    while (fd >= 0 && (n = read(from, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || write(fd, chunk, (size_t)n) != n) {
            (void)close(fd);
            fd = -1;
        }
    }
    if (fd < 0)
        (void)complain("%s: %s", name, strerror(errno));
    return fd;
}

static bool
is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int
open_file(const char *path)
{
    bool is_pipe = strcmp(path, "-") == 0;
    int fd = is_pipe ? dup(STDIN_FILENO)
                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat s;

    if (fd < 0 || fstat(fd, &s) != 0) {
        (void)complain("%s: %s", path, strerror(errno));
        return -1;
    }
    if (S_ISREG(s.st_mode))
        return fd;
    int kept = spool(fd, path);
    (void)close(fd);
    return kept;
}

/* Find the format by the option, or by looking; gives the exit code. */
static int
choose_format(struct source *f, const struct run *run)
{
    const char *said = option_text(&run->options, "format");
    uint8_t first[LOOK_BYTES];
    ssize_t n = pread(f->fd, first, sizeof first, 0);

    if (n < 0)
        return complain("%s: %s", f->name, strerror(errno));
    f->format = formats_detect(slice_of(first, (size_t)n), slice_str(f->name));
    if (said && !format_parse(slice_str(said), &f->format))
        return complain("--format %s: there are stix, misp, csv, list and "
                        "text",
                        said);
    if (format_is_read(f->format))
        return DONE;
    const char *other = utf8_other_mark(slice_of(first, (size_t)n));
    if (other)
        (void)complain("%s: %s", f->name, other);
    else if (f->format == FORMAT_UNKNOWN)
        (void)complain("%s: it has zero bytes, so its format cannot be told: "
                       "save it as UTF-8 if it is UTF-16 or UTF-32, else "
                       "--format says it",
                       f->name);
    else
        (void)complain("%s: %s is a format not yet read", f->name,
                       format_name(f->format));
    return REFUSED;
}

/* A table alone has columns. */
static int
check_map(const struct sources *s, const struct source *f)
{
    if (s->map.count == 0 || f->format == FORMAT_CSV)
        return DONE;
    return complain("%s: --map names columns, which %s has none of; --format "
                    "csv reads it as a table",
                    f->name, format_name(f->format));
}

/* A feed of MISP: its manifest names the files. */
static int
add_folder(struct sources *s, const struct run *run, const char *path)
{
    const char *said = option_text(&run->options, "format");
    struct feed *feed = &s->feeds[s->feed_count++];

    if (said && !slice_is(slice_str(said), format_name(FORMAT_MISP)))
        return complain("%s: a folder is a feed of MISP", path);
    if (!feed_read(path, feed))
        return FAILED;
    s->capacity += feed->count;
    s->list = mem_resize(s->list, s->capacity, sizeof *s->list);
    for (size_t i = 0; i < feed->count; i++)
        s->list[s->count++] = (struct source){.name = feed->events[i].path,
                                              .format = FORMAT_MISP,
                                              .fd = -1,
                                              .event = &feed->events[i]};
    return DONE;
}

static int
add_file(struct sources *s, const struct run *run, const char *path)
{
    struct source *f = &s->list[s->count];

    if (is_folder(path))
        return add_folder(s, run, path);
    *f = (struct source){.name = path, .fd = open_file(path)};
    if (f->fd < 0)
        return FAILED;
    s->count++;
    int code = choose_format(f, run);
    return code == DONE ? check_map(s, f) : code;
}

static bool
is_file(const char *word)
{
    struct stat about;

    return strcmp(word, "-") == 0 ||
           (stat(word, &about) == 0 && !S_ISDIR(about.st_mode));
}

/* Tell whether a word looks like a file that is not there: no top-level
 * domain is called like that, and a slip of the finger sends nothing. */
static bool
is_missing_file(const char *word)
{
    static const char *const endings[] = {".json", ".jsonl", ".stix", ".stix2",
                                          ".txt",  ".csv",   ".tsv",  ".list"};
    size_t size = strlen(word);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t n = strlen(endings[i]);
        if (size > n && strcmp(word + size - n, endings[i]) == 0)
            return !strstr(word, "://");
    }
    return false;
}

static int
add_word(struct sources *s, const struct run *run, const char *word,
         bool words_are_files)
{
    if (is_file(word) || (words_are_files && is_folder(word))) {
        if (words_are_files)
            return add_file(s, run, word);
        return complain("%s is a file: say -f %s to send what is in it", word,
                        word);
    }
    if (s->as == OBSERVABLE_NONE && is_missing_file(word))
        return complain("%s: there is no such file; --type says what it is "
                        "if it is a value",
                        word);
    s->list[s->count++] = (struct source){.name = word, .fd = -1};
    s->values++;
    return DONE;
}

static bool
choose_type(struct sources *s, const struct run *run)
{
    const char *type = option_text(&run->options, "type");

    s->as = OBSERVABLE_NONE;
    if (!type || observable_parse(slice_str(type), &s->as))
        return true;
    (void)fprintf(stderr, "sealane: --type %s: there are", type);
    for (unsigned i = 1; i < OBSERVABLE_COUNT; i++)
        (void)fprintf(stderr, "%s %s", i > 1 ? "," : "", observable_name(i));
    (void)fputc('\n', stderr);
    return false;
}

static bool
choose_map(struct sources *s, const struct run *run)
{
    const char *map = option_text(&run->options, "map");
    struct slice bad;

    if (!map || csv_map_parse(slice_str(map), &s->map, &bad) == OK)
        return true;
    (void)complain("--map %.*s: say FIELD=COLUMN,..., a column by its name or "
                   "its number from 1; fields are %s",
                   (int)bad.size, (const char *)bad.data, csv_map_fields());
    return false;
}

int
sources_open(struct sources *s, const struct run *run, bool words_are_files)
{
    const struct options *o = &run->options;
    int code = DONE, worst = DONE;
    const char *path;

    *s = (struct sources){.is_plain = s->is_plain};
    s->capacity = o->given_count + o->word_count + 1;
    s->list = mem_new(s->capacity * sizeof *s->list);
    s->feeds = mem_new(s->capacity * sizeof *s->feeds);
    if (!choose_type(s, run) || !choose_map(s, run))
        return FAILED;
    for (size_t i = 0; (path = option_nth(o, "file", i)); i++) {
        code = add_file(s, run, path);
        worst = worst == DONE || code == FAILED ? code : worst;
    }
    for (size_t i = 0; i < o->word_count; i++) {
        code = add_word(s, run, o->words[i], words_are_files);
        worst = worst == DONE || code == FAILED ? code : worst;
    }
    if (worst == DONE && s->count == 0)
        return command_usage(run);
    if (worst == DONE && s->map.count && s->values == s->count)
        return complain("--map names columns of a table; -f names its file");
    return worst;
}

void
sources_close(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        format_reader_free(s->list[i].reader);
        if (s->list[i].fd >= 0)
            (void)close(s->list[i].fd);
    }
    for (size_t i = 0; i < s->feed_count; i++)
        feed_clear(&s->feeds[i]);
    mem_free(s->feeds);
    mem_free(s->list);
    *s = (struct sources){0};
}

/* ---- handing over ------------------------------------------------------- */

static struct place
place_of(const struct sources *s, uint64_t position, uint64_t line,
         uint64_t column)
{
    return (struct place){s->at->name, s->at->format, position, line, column};
}

static void
on_item(void *context, const struct format_item *item)
{
    struct sources *s = context;
    struct place p =
        place_of(s, item->message.package.position, item->line, item->column);

    if (s->handler && !s->handler->stop)
        s->handler->item(s->handler->context, &p, item);
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    struct sources *s = context;
    struct place p = place_of(s, fault->position, fault->line, fault->column);

    if (s->handler && !s->handler->stop)
        s->handler->fault(s->handler->context, &p, fault);
}

void
place_put(struct buf *out, const struct place *p)
{
    text_put_clean(out, slice_str(p->name));
    if (p->format == FORMAT_UNKNOWN || p->line == 0)
        return;
    buf_put_u8(out, ':');
    buf_put_decimal(out, p->line);
    buf_put_u8(out, ':');
    buf_put_decimal(out, p->column);
}

/* ---- files -------------------------------------------------------------- */

/* Feeds a reader piece by piece; false ends the file early. */
typedef bool (*feed_fn)(void *context, struct slice piece);

/* Fill the chunk unless the file ends: its bounds go into the hash. */
static bool
read_chunk(const struct source *f, off_t at, uint8_t *chunk, size_t *size)
{
    *size = 0;
    while (*size < CHUNK) {
        ssize_t n =
            pread(f->fd, chunk + *size, CHUNK - *size, at + (off_t)*size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            (void)complain("%s: %s", f->name, strerror(errno));
            return false;
        }
        if (n == 0)
            break;
        *size += (size_t)n;
    }
    return true;
}

/* What is sent is known by the hash of the file: another content under it
 * would later be taken for what was hashed. */
static bool
is_as_hashed(const struct source *f)
{
    const struct stat *was = &f->hashed;
    struct stat is;

    if (!f->is_hashed)
        return true;
    if (fstat(f->fd, &is) == 0 && is.st_dev == was->st_dev &&
        is.st_ino == was->st_ino && is.st_size == was->st_size &&
        is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
        is.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
        return true;
    (void)complain("%s: it was changed while it was read; what was read after "
                   "that is not sent: submit it again",
                   f->name);
    return false;
}

static bool
read_file(const struct source *f, feed_fn feed, void *context)
{
    static uint8_t chunk[CHUNK];
    off_t at = 0;
    size_t size;

    do {
        if (!read_chunk(f, at, chunk, &size) || !is_as_hashed(f))
            return false;
        at += (off_t)size;
    } while (size > 0 && feed(context, slice_of(chunk, size)));
    return true;
}

/* Reads a file for its hash, and for what its reader must know before. */
struct learning {
    struct hash *hash;            /* NULL: nobody asks for it */
    struct format_reader *reader; /* NULL: no more is learnt */
};

static void
chain(struct hash *hash, struct slice piece)
{
    struct hash of_piece;
    struct slice parts[2] = {SLICE_ARRAY(hash->b), SLICE_ARRAY(of_piece.b)};

    crypto_hash_one(&of_piece, piece);
    crypto_hash(hash, parts, ARRAY_SIZE(parts));
}

static bool
feed_learning(void *context, struct slice piece)
{
    struct learning *l = context;

    if (l->hash)
        chain(l->hash, piece);
    /* What is wrong is said when the document is delivered. */
    if (l->reader && format_reader_feed(l->reader, piece) != OK)
        l->reader = NULL;
    return l->hash || l->reader;
}

static struct format_reader *
reader_new(struct sources *s, const struct source *f)
{
    const struct format_sink sink = {s, on_item, on_fault};
    const struct format_wish wish = {s->as, &s->map};

    return format_reader_new(f->format, &sink, &wish);
}

/* Read a file once for what its reader must know, and for the hash if there
 * is one. */
static bool
learn_pass(struct source *f, struct hash *hash, struct format_reader *reader)
{
    struct learning l = {hash, reader};

    if (hash)
        f->is_hashed = fstat(f->fd, &f->hashed) == 0;
    if ((hash || reader) && !read_file(f, feed_learning, &l))
        return false;
    if (l.reader)
        (void)!format_reader_finish(l.reader);
    return true;
}

static bool
learn_file(struct sources *s, struct source *f)
{
    struct format_reader *r = reader_new(s, f);
    bool learns = format_reader_learn(r);
    bool good = learn_pass(f, s->is_plain ? NULL : &s->hash, learns ? r : NULL);

    if (!learns) {
        format_reader_free(r);
        return good;
    }
    f->reader = r;
    while (good && format_reader_learn(r))
        good = learn_pass(f, NULL, r);
    return good;
}

/* What is wrong with a file of a feed is said when it is delivered. */
static bool
learn_event(struct sources *s, struct source *f)
{
    struct buf trouble = {0};
    bool good = true;

    f->fd = s->is_plain ? -1 : feed_open(f->event, &trouble);
    if (f->fd >= 0) {
        good = learn_pass(f, &s->hash, NULL);
        (void)close(f->fd);
        f->fd = -1;
    }
    buf_clear(&trouble);
    return good;
}

bool
sources_learn(struct sources *s)
{
    s->handler = NULL;
    for (size_t i = 0; i < s->count; i++) {
        struct source *f = &s->list[i];
        s->at = f;
        chain(&s->hash, slice_str(format_name(f->format)));
        if (f->event ? !learn_event(s, f) : f->fd >= 0 && !learn_file(s, f))
            return false;
        if (!f->event && f->fd < 0)
            chain(&s->hash, slice_str(f->name));
    }
    return true;
}

struct delivery {
    struct sources *sources;
    struct format_reader *reader;
    bool failed; /* the reader said so */
};

static bool
feed_delivery(void *context, struct slice piece)
{
    struct delivery *d = context;

    d->failed = format_reader_feed(d->reader, piece) != OK;
    return !d->failed && !d->sources->handler->stop;
}

static bool
deliver_file(struct sources *s, const struct source *f)
{
    struct delivery d = {.sources = s, .reader = f->reader};
    bool good;

    if (!d.reader)
        d.reader = reader_new(s, f);
    format_reader_deliver(d.reader);
    good = read_file(f, feed_delivery, &d);
    if (good && !d.failed && !s->handler->stop)
        (void)!format_reader_finish(d.reader);
    if (d.reader != f->reader)
        format_reader_free(d.reader);
    return good;
}

/* Learn and deliver a file of a feed while it is open. */
static bool
deliver_event(struct sources *s, struct source *f)
{
    struct buf trouble = {0};
    bool good = true;

    f->fd = feed_open(f->event, &trouble);
    if (f->fd < 0) {
        on_fault(s, &(struct format_fault){.weight = FAULT_REFUSED,
                                           .code = ERR_DAMAGED,
                                           .text = (char *)trouble.data});
    } else {
        f->reader = reader_new(s, f);
        while (good && format_reader_learn(f->reader))
            good = learn_pass(f, NULL, f->reader);
        good = good && deliver_file(s, f);
        format_reader_free(f->reader);
        f->reader = NULL;
        (void)close(f->fd);
        f->fd = -1;
    }
    buf_clear(&trouble);
    return good;
}

/* ---- values ------------------------------------------------------------- */

static const char *
fault_text(const struct sources *s, enum err e)
{
    if (e != ERR_VALUE)
        return err_text(e);
    return s->as ? "this is no value of the type that --type says"
                 : "this is no value that can be recognised: --type may have "
                   "to say what it is";
}

static void
deliver_value(struct sources *s, const struct source *f, uint64_t position)
{
    struct format_item item = {.message = {.kind = MESSAGE_INDICATOR}};
    struct head *h = &item.message.head;
    enum observable type = s->as;
    struct arena arena;
    enum err e;

    arena_init(&arena, VALUE_BUDGET);
    e = s->as ? value_check(s->as, slice_str(f->name), &arena, &h->value)
              : value_detect(slice_str(f->name), &arena, &type, &h->value);
    if (e == OK) {
        item.message.has_head = true;
        item.message.package.position = position;
        h->rules = HEAD_RULES;
        h->observable = type;
        on_item(s, &item);
    } else {
        struct format_fault fault = {.weight = FAULT_REFUSED,
                                     .code = e,
                                     .text = fault_text(s, e),
                                     .position = position};
        on_fault(s, &fault);
    }
    arena_clear(&arena);
}

bool
sources_deliver(struct sources *s, struct source_handler *handler)
{
    uint64_t values = 0;

    s->handler = handler;
    for (size_t i = 0; i < s->count && !handler->stop; i++) {
        s->at = &s->list[i];
        if (s->at->event ? !deliver_event(s, &s->list[i])
                         : s->at->fd >= 0 && !deliver_file(s, s->at))
            return false;
        if (!s->at->event && s->at->fd < 0)
            deliver_value(s, s->at, values++);
    }
    return true;
}
