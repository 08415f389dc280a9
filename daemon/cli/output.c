#include "cli/output.h"

#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/base/limits.h"
#include "core/formats/ascii.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define FAULTS_AT_ONCE KIB(64)

/* ---- opening ------------------------------------------------------------ */

static bool
choose_format(struct output *o)
{
    const char *to = option_text(&o->run->options, "to");
    enum format f = FORMAT_UNKNOWN;

    if (to && format_parse(slice_str(to), &f) && format_is_written(f)) {
        o->format = f;
        return true;
    }
    (void)fprintf(stderr, "sealane: --to says the format: there are");
    for (size_t i = 0, n = 0; i < FORMAT_COUNT; i++)
        if (format_is_written((enum format)i))
            (void)fprintf(stderr, "%s %s", n++ ? "," : "",
                          format_name((enum format)i));
    (void)fputc('\n', stderr);
    return false;
}

/* Open a new file that others cannot read; -1 after saying why not. */
static int
create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        (void)complain("%s: %s", path, strerror(errno));
    return fd;
}

static bool
open_report(struct output *o)
{
    o->report_path = option_text(&o->run->options, "report");
    if (!o->report_path)
        return true;
    int fd = create(o->report_path);
    o->report = fd < 0 ? NULL : fdopen(fd, "w");
    if (o->report)
        (void)fputs("fate\tplace\tposition\tobject\tpath\twhy\n", o->report);
    return o->report != NULL;
}

bool
output_open(struct output *o, const struct run *run)
{
    static char faults[FAULTS_AT_ONCE];
    const char *path = option_text(&run->options, "output");

    *o = (struct output){.run = run, .fd = -1};
    /* A list has faults by the hundred thousand: of each line one call, and
     * none of them is lost, whatever ends the command. */
    if (!isatty(STDERR_FILENO))
        (void)setvbuf(stderr, faults, _IOLBF, sizeof faults);
    /* A reader that goes away is a fault like a full disk, to be said. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (path && strcmp(path, "-") != 0)
        o->path = path;
    o->folder = option_text(&run->options, "feed");
    if (!choose_format(o))
        return false;
    if (o->folder && (o->path || o->format != FORMAT_MISP)) {
        (void)complain("--feed is a folder of events: it goes with --to misp, "
                       "and without -o");
        return false;
    }
    return open_report(o);
}

/* ---- the report --------------------------------------------------------- */

struct report_line {
    const char *fate;
    const struct place *place;
    uint64_t position;
    struct slice object, path;
    const char *why;
};

static void
report(struct output *o, const struct report_line *l)
{
    struct buf *line = &o->line;

    if (!o->report)
        return;
    buf_reset(line);
    buf_put_str(line, l->fate);
    buf_put_u8(line, '\t');
    if (l->place)
        place_put(line, l->place);
    buf_put_u8(line, '\t');
    buf_put_decimal(line, l->position);
    buf_put_u8(line, '\t');
    text_put_clean(line, l->object);
    buf_put_u8(line, '\t');
    text_put_clean(line, l->path);
    buf_put_u8(line, '\t');
    buf_put_str(line, l->why);
    buf_put_u8(line, '\n');
    if (fwrite(line->data, 1, line->size, o->report) != line->size)
        o->failed = true;
}

static void
on_loss(void *context, const struct format_loss *loss)
{
    struct output *o = context;

    o->losses[loss->loss]++;
    if (loss->loss == LOSS_DROPPED && loss->path.size == 0)
        o->dropped += o->is_counted;
    report(o, &(struct report_line){loss_name(loss->loss), o->place,
                                    loss->position, loss->object, loss->path,
                                    loss->why});
}

void
output_fault(struct output *o, const struct place *place,
             const struct format_fault *fault)
{
    static const char *const fates[] = {[FAULT_REMARK] = "remark",
                                        [FAULT_REFUSED] = "refused",
                                        [FAULT_FATAL] = "lost"};
    struct buf *line = &o->line;
    enum loss loss = fault->path.size ? LOSS_DROPPED : LOSS_CHANGED;
    const char *fate = fates[fault->weight];

    o->refused += fault->weight != FAULT_REMARK;
    /* A whole document of which nothing is kept is written in another form. */
    if (fault->is_left_out)
        fate = loss_name(loss);
    o->losses[loss] += fault->is_left_out;
    buf_reset(line);
    place_put(line, place);
    buf_put_str(line, ": ");
    text_put_clean(line, fault->path);
    buf_put_str(line, fault->path.size ? ": " : "");
    buf_put_str(line, fault->text);
    buf_put_u8(line, '\n');
    (void)fwrite(line->data, 1, line->size, stderr);
    report(o, &(struct report_line){.fate = fate,
                                    .place = place,
                                    .position = fault->position,
                                    .path = fault->path,
                                    .why = fault->text});
}

/* ---- the document ------------------------------------------------------- */

static void
on_bytes(void *context, struct slice bytes)
{
    struct output *o = context;

    if (o->failed || file_put(o->fd, bytes))
        return;
    (void)complain("%s: %s",
                   o->folder ? o->folder
                   : o->path ? o->path
                             : "standard output",
                   strerror(errno));
    o->failed = true;
}

/* ---- feeds -------------------------------------------------------------- */

static bool
feed_begin(struct output *o, const struct format_task *task)
{
    o->task = *task;
    o->task.is_feed = true;
    o->task.is_mixed = false;
    o->feed = feed_writer_new(o->folder);
    return o->feed != NULL;
}

static void
event_end(struct output *o)
{
    if (!o->writer)
        return;
    format_writer_finish(o->writer);
    format_writer_free(o->writer);
    o->writer = NULL;
    o->fd = -1;
    if (!feed_event_end(o->feed))
        o->failed = true;
}

/* Have the event of a message open: what came from MISP stands in its own. */
static bool
event_of(struct output *o, const struct message *m)
{
    const struct format_out out = {o, on_bytes, on_loss};
    struct buf event = {0};

    buf_put_str(&event, ascii_starts(m->content_type, "misp-") ? "M" : "-");
    buf_put(&event, m->package.id);
    if (!o->writer || !slice_equal(buf_slice(&event), buf_slice(&o->event))) {
        event_end(o);
        o->fd = o->failed ? -1 : feed_event_begin(o->feed);
        o->failed = o->fd < 0;
        if (!o->failed)
            o->writer = format_writer_new(o->format, &o->task, &out);
        buf_reset(&o->event);
        buf_put(&o->event, buf_slice(&event));
    }
    buf_clear(&event);
    return !o->failed;
}

/* ---- whole documents ---------------------------------------------------- */

bool
output_begin(struct output *o, const struct format_task *task)
{
    const struct format_out out = {o, on_bytes, on_loss};

    if (o->folder)
        return feed_begin(o, task);
    o->fd = o->path ? create(o->path) : dup(STDOUT_FILENO);
    if (o->fd < 0)
        return false;
    o->writer = format_writer_new(o->format, task, &out);
    return true;
}

void
output_put(struct output *o, const struct place *place,
           const struct format_item *item)
{
    if (o->failed)
        return;
    o->place = place;
    o->is_counted = item->message.kind != MESSAGE_PACKAGE;
    o->read += o->is_counted;
    if (o->feed && !event_of(o, &item->message))
        return;
    format_writer_put(o->writer, item);
    /* What an event says itself comes last; the next may be the same. */
    if (o->feed && !o->is_counted)
        event_end(o);
    o->place = NULL;
}

static void
document_finish(struct output *o)
{
    format_writer_finish(o->writer);
    int fd = o->fd;
    o->fd = -1;
    if (close(fd) != 0 && !o->failed) {
        (void)complain("%s: %s", o->path ? o->path : "standard output",
                       strerror(errno));
        o->failed = true;
    }
}

static void
feed_end(struct output *o)
{
    event_end(o);
    if (!o->failed)
        o->failed = !feed_finish(o->feed);
    o->refused += feed_left_out(o->feed);
}

bool
output_finish(struct output *o)
{
    if (o->feed)
        feed_end(o);
    else
        document_finish(o);
    if (o->report && fflush(o->report) != 0) {
        (void)complain("the report could not be written");
        o->failed = true;
    }
    if (o->failed && o->path)
        (void)unlink(o->path);
    return !o->failed;
}

static void
print_json(const struct output *o)
{
    struct json_out *j = json_out_new(o->path || o->folder ? stdout : stderr);

    json_out_open(j, NULL);
    json_out_str(j, "event", "written");
    json_out_str(j, "format", format_name(o->format));
    json_out_number(j, "written", o->read - o->dropped);
    if (o->feed)
        json_out_number(j, "events", feed_count(o->feed));
    json_out_number(j, "refused", o->refused);
    for (size_t i = 0; i < LOSS_COUNT; i++)
        json_out_number(j, loss_name((enum loss)i), o->losses[i]);
    json_out_close(j);
    json_out_free(j);
}

void
output_print(const struct output *o)
{
    struct buf line = {0};
    uint64_t lost = 0;

    if (o->run->json) {
        print_json(o);
        return;
    }
    text_put_counted(&line, o->read - o->dropped, "message", "messages");
    buf_put_str(&line, " written as ");
    buf_put_str(&line, format_name(o->format));
    if (o->feed) {
        buf_put_str(&line, ", ");
        text_put_counted(&line, feed_count(o->feed), "event", "events");
        buf_put_str(&line, " in the feed");
    }
    if (o->refused) {
        buf_put_str(&line, ", ");
        text_put_count(&line, o->refused);
        buf_put_str(&line, " refused");
    }
    for (size_t i = 0; i < LOSS_COUNT; i++) {
        if (o->losses[i] == 0)
            continue;
        buf_put_str(&line, lost++ ? ", " : " | ");
        text_put_count(&line, o->losses[i]);
        buf_put_u8(&line, ' ');
        buf_put_str(&line, loss_name((enum loss)i));
    }
    if (lost)
        buf_put_str(&line, o->report ? ", each in the report"
                                     : ": --report FILE names each");
    else if (!o->refused)
        buf_put_str(&line, " | nothing lost");
    (void)fprintf(stderr, "%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

void
output_close(struct output *o, bool is_told)
{
    format_writer_free(o->writer);
    feed_writer_free(o->feed);
    buf_clear(&o->event);
    buf_clear(&o->line);
    if (o->fd >= 0 && !o->feed) {
        (void)close(o->fd);
        if (o->path)
            (void)unlink(o->path);
    }
    if (o->report) {
        (void)fclose(o->report);
        if (!is_told)
            (void)unlink(o->report_path);
    }
}
