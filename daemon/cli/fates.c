#include "cli/fates.h"

#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const names[] = {
    [FATE_SENT] = "sent", [FATE_THERE] = "there", [FATE_REFUSED] = "refused",
    [FATE_HELD] = "held", [FATE_LEFT] = "left",   [FATE_REMARK] = "remark",
};

static const char heading[] = "fate\tplace\tposition\tto\tpath\twhy\n";

/* ---- the report --------------------------------------------------------- */

bool
fates_open(struct fates *f, const struct run *run)
{
    *f = (struct fates){.path = option_text(&run->options, "report")};
    if (!f->path)
        return true;
    int fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    f->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f->file)
        (void)complain("%s: %s", f->path, strerror(errno));
    else
        (void)fputs(heading, f->file);
    return f->file != NULL;
}

static void
put_cell(struct buf *line, struct slice text)
{
    buf_put_u8(line, '\t');
    text_put_clean(line, text);
}

void
fates_put(struct fates *f, enum fate fate, const struct refusal *about,
          struct slice path)
{
    struct buf line = {0};

    if (!f->file)
        return;
    buf_put_str(&line, names[fate]);
    buf_put_u8(&line, '\t');
    place_put(&line, about->place);
    buf_put_u8(&line, '\t');
    buf_put_decimal(&line, about->place->position);
    put_cell(&line, about->to);
    put_cell(&line, path);
    put_cell(&line, about->text);
    buf_put_u8(&line, '\n');
    if (fwrite(line.data, 1, line.size, f->file) != line.size)
        f->failed = true;
    buf_clear(&line);
}

void
fates_again(struct fates *f)
{
    if (!f->file)
        return;
    if (fflush(f->file) != 0 || ftruncate(fileno(f->file), 0) != 0 ||
        fseek(f->file, 0, SEEK_SET) != 0)
        f->failed = true;
    (void)fputs(heading, f->file);
}

bool
fates_close(struct fates *f)
{
    if (!f->file)
        return true;
    if (fclose(f->file) != 0)
        f->failed = true;
    f->file = NULL;
    if (f->failed)
        (void)complain("%s: the report could not be written", f->path);
    return !f->failed;
}

/* ---- one refusal -------------------------------------------------------- */

void
refusal_json(const struct refusal *f, enum fate fate)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_str(j, "event", f->is_warning ? "warned" : "refused");
    json_out_str(j, "fate", names[fate]);
    json_out_str(j, "source", f->place->name);
    json_out_number(j, "position", f->place->position);
    if (f->place->line) {
        json_out_number(j, "line", f->place->line);
        json_out_number(j, "column", f->place->column);
    }
    json_out_text(j, "to", f->to);
    json_out_text(j, "text", f->text);
    json_out_text(j, "advice", f->advice);
    json_out_close(j);
    json_out_free(j);
}

void
refusal_say(const struct refusal *f)
{
    struct buf line = {0};

    place_put(&line, f->place);
    buf_put_str(&line, ": ");
    if (f->to.size) {
        text_put_clean(&line, f->to);
        buf_put_str(&line, ": ");
    }
    text_put_clean(&line, f->text);
    if (f->advice.size) {
        buf_put_str(&line, " -> ");
        text_put_clean(&line, f->advice);
    }
    (void)fprintf(stderr, "%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}
