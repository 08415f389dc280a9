#include "cli/commands.h"
#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/exchange/capture.h"
#include "core/wire/frames.h"
#include "edge/journal/memory.h"

#include <inttypes.h>

/* A capture is read whole: a day of a busy node fits. */
#define CAPTURE_FILE_MAX ((size_t)1 << 30)

static const char *const event_names[EVENT_TYPE_COUNT] = {
    [EVENT_START] = "start",
    [EVENT_RANDOM] = "random",
    [EVENT_LINK_UP] = "link-up",
    [EVENT_FRAME] = "frame",
    [EVENT_LINK_DOWN] = "link-down",
    [EVENT_DIAL_FAILED] = "dial-failed",
    [EVENT_SIGNED] = "signed",
    [EVENT_REQUEST] = "request",
    [EVENT_CLIENT_GONE] = "client-gone",
    [EVENT_TICK] = "tick",
    [EVENT_RETIRED] = "retired",
    [EVENT_ROOM] = "room",
    [EVENT_ERASED] = "erased",
};

static const char *const effect_names[EFFECT_TYPE_COUNT] = {
    [EFFECT_SEND] = "send",     [EFFECT_CLOSE] = "close",
    [EFFECT_DIAL] = "dial",     [EFFECT_SIGN] = "sign",
    [EFFECT_ANSWER] = "answer", [EFFECT_NOTICE] = "notice",
    [EFFECT_STOP] = "stop",
};

static int
say_fault(const char *path, enum err e, const struct replay_report *r)
{
    if (e == ERR_STALE)
        return complain("%s: turn %" PRIu64 " differs in its %s: this program "
                        "does not do what was captured",
                        path, r->differs_at, r->difference);
    return complain("%s: this is not a whole capture: %s", path, err_text(e));
}

static void
print_report(const struct run *run, const struct replay_report *r)
{
    if (run->json) {
        struct json_out *j = json_out_new(stdout);
        json_out_open(j, NULL);
        json_out_str(j, "team", r->team.text);
        json_out_number(j, "turns", r->turns);
        json_out_number(j, "events", r->events);
        json_out_number(j, "effects", r->effects);
        json_out_number(j, "facts_bytes", r->facts_bytes);
        json_out_truth(j, "identical", true);
        json_out_close(j);
        json_out_free(j);
        return;
    }
    (void)printf("%s: %" PRIu64 " turns, %" PRIu64 " events, %" PRIu64
                 " effects, %" PRIu64 " bytes of facts: identical\n",
                 r->team.text, r->turns, r->events, r->effects, r->facts_bytes);
}

int
command_replay(struct run *run)
{
    struct buf file = {0};
    struct replay_report report;
    struct store store;

    if (run->options.word_count != 1)
        return command_usage(run);
    const char *path = run->options.words[0];
    if (!file_read(path, CAPTURE_FILE_MAX, &file))
        return FAILED;
    struct memory_store *memory = memory_store_new();
    memory_store_port(memory, &store);
    enum err e = capture_replay(buf_slice(&file), &store, &report);
    memory_store_free(memory);
    buf_clear(&file);
    if (e != OK)
        return say_fault(path, e, &report);
    print_report(run, &report);
    return DONE;
}

/* Name the frames of a text of frames, as far as they are whole. */
static void
put_frames(struct buf *line, struct slice frames)
{
    uint8_t type;
    uint32_t size;

    while (frames.size >= FRAME_HEADER_BYTES &&
           frame_header_decode(frames.data, &type, &size) == OK &&
           size <= frames.size - FRAME_HEADER_BYTES) {
        buf_put_u8(line, ' ');
        buf_put_str(line, frame_name(type));
        size_t whole = FRAME_HEADER_BYTES + (size_t)size;
        frames = slice_of(frames.data + whole, frames.size - whole);
    }
}

static void
print_line(const char *arrow, const char *name, const struct event *e,
           bool frames)
{
    struct buf line = {0};

    buf_put_str(&line, arrow);
    buf_put_str(&line, name);
    if (e->id) {
        buf_put_u8(&line, ' ');
        buf_put_decimal(&line, e->id);
    }
    if (frames)
        put_frames(&line, e->data);
    else if (e->type == EVENT_TYPE_COUNT)
        buf_put_u8(&line, ' '), text_put_clean(&line, e->data);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

static void
print_turn(const struct capture_turn *t)
{
    struct buf line = {0};

    buf_put_str(&line, "turn ");
    buf_put_decimal(&line, t->number);
    buf_put_str(&line, "  ");
    text_put_time(&line, t->now.wall.ms);
    (void)printf("%.*s  facts %zu bytes\n", (int)line.size,
                 (const char *)line.data, t->facts.size);
    buf_clear(&line);
    for (size_t i = 0; i < t->event_count; i++)
        print_line("  > ", event_names[t->events[i].type], &t->events[i],
                   t->events[i].type == EVENT_FRAME);
    for (size_t i = 0; i < t->effect_count; i++) {
        const struct effect *f = &t->effects[i];
        bool words = f->type == EFFECT_NOTICE || f->type == EFFECT_STOP;
        struct event e = {.type = words ? EVENT_TYPE_COUNT : EVENT_START,
                          .id = f->id,
                          .data = f->data};
        print_line("  < ",
                   f->type < EFFECT_TYPE_COUNT ? effect_names[f->type] : "?",
                   &e, f->type == EFFECT_SEND);
    }
}

/* Tell the story of a capture, without running it. */
int
command_capture_show(struct run *run)
{
    struct buf file = {0};
    struct arena arena;
    enum err e = OK;

    if (run->options.word_count != 1)
        return command_usage(run);
    const char *path = run->options.words[0];
    if (!file_read(path, CAPTURE_FILE_MAX, &file))
        return FAILED;
    arena_init(&arena, CAPTURE_FILE_MAX);
    struct slice rest = buf_slice(&file);
    while (e == OK && rest.size) {
        struct capture_block b;
        arena_reset(&arena);
        e = capture_get(&rest, &arena, &b);
        if (e == OK && b.kind == CAPTURE_HEADER)
            (void)printf("capture of %s\n", b.team.text);
        if (e == OK && b.kind == CAPTURE_FACTS)
            (void)printf("facts before the start, %zu bytes\n", b.facts.size);
        if (e == OK && b.kind == CAPTURE_TURN)
            print_turn(&b.turn);
    }
    arena_clear(&arena);
    buf_clear(&file);
    if (e != OK)
        return complain("%s: this is not a whole capture: %s", path,
                        err_text(e));
    return DONE;
}
