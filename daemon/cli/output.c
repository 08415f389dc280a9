#include "cli/output.h"

#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/base/limits.h"

#include <errno.h>
#include <fcntl.h>
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
    /* A list has faults by the hundred thousand; a person wants each at once.
     */
    if (!isatty(STDERR_FILENO))
        (void)setvbuf(stderr, faults, _IOFBF, sizeof faults);
    if (path && strcmp(path, "-") != 0)
        o->path = path;
    return choose_format(o) && open_report(o);
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

    o->refused += fault->weight != FAULT_REMARK;
    buf_reset(line);
    place_put(line, place);
    buf_put_str(line, ": ");
    text_put_clean(line, fault->path);
    buf_put_str(line, fault->path.size ? ": " : "");
    buf_put_str(line, fault->text);
    buf_put_u8(line, '\n');
    (void)fwrite(line->data, 1, line->size, stderr);
    report(o, &(struct report_line){.fate = fates[fault->weight],
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
    (void)complain("%s: %s", o->path ? o->path : "standard output",
                   strerror(errno));
    o->failed = true;
}

bool
output_begin(struct output *o, const struct format_task *task)
{
    const struct format_out out = {o, on_bytes, on_loss};

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
    o->place = place;
    o->is_counted = item->message.kind != MESSAGE_PACKAGE;
    o->read += o->is_counted;
    format_writer_put(o->writer, item);
    o->place = NULL;
}

bool
output_finish(struct output *o)
{
    format_writer_finish(o->writer);
    int fd = o->fd;
    o->fd = -1;
    if (close(fd) != 0 && !o->failed) {
        (void)complain("%s: %s", o->path ? o->path : "standard output",
                       strerror(errno));
        o->failed = true;
    }
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
    struct json_out *j = json_out_new(o->path ? stdout : stderr);

    json_out_open(j, NULL);
    json_out_str(j, "event", "written");
    json_out_str(j, "format", format_name(o->format));
    json_out_number(j, "written", o->read - o->dropped);
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
    buf_clear(&o->line);
    if (o->fd >= 0) {
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
