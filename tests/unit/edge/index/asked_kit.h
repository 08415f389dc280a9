/*
 * asked_kit - an index of two teams' lanes, and what it answers.
 */
#ifndef TEST_ASKED_KIT_H
#define TEST_ASKED_KIT_H

#include "core/wire/control.h"
#include "edge/index/content.h"
#include "edge/index/serve.h"

#define THEM "cert.gov.au"
#define THIRD "jpcert.or.jp"

/* Lanes: ours to each of two teams, theirs to us, and one of the first team
 * that is not known at the start. */
enum { TO_THEM, TO_THIRD, FROM_THEM, FROM_THIRD, LANES, LATER = LANES };

static struct rows rows;
static struct content *content;
static struct serve *serve;
static struct arena arena;

static inline void
lane_put(uint32_t lane)
{
    struct rows_lane l = {.peer = lane % 2, .ours = lane < FROM_THEM};

    memset(l.id.b, (int)lane + 1, sizeof l.id.b);
    rows_lane_put(&rows, lane, &l);
}

static inline void
asked_start(const char *path, struct serve_status *status)
{
    static const struct index_config config;
    const struct rows_team teams[] = {{THEM, "certau"}, {THIRD, "jpcert"}};
    const struct rows_team us = {"krcert.or.kr", "krcert"};

    db_remove(path);
    rows_open(&rows, path);
    content = content_new(&rows, NULL);
    rows_team_put(&rows, ROWS_PEER_OWN, &us);
    for (uint32_t i = 0; i < ARRAY_SIZE(teams); i++)
        rows_team_put(&rows, i, &teams[i]);
    for (uint32_t i = 0; i < LANES; i++)
        lane_put(i);
    assert_int_equal(serve_new(NULL, &config, &rows, status, &serve), OK);
    arena_init(&arena, SERVE_BUDGET);
}

static inline void
asked_finish(const char *path)
{
    serve_free(serve);
    content_free(content);
    rows_close(&rows);
    arena_clear(&arena);
    db_remove(path);
}

/* The answer lives until the next one. */
static inline struct control_answer
asked(const struct control_request *r, bool red)
{
    static struct buf frame, out;
    struct control_answer a = {0};

    arena_reset(&arena);
    buf_reset(&frame);
    buf_reset(&out);
    control_request_put(&frame, r);
    assert_true(serve_answer(serve, slice_of(frame.data + 4, frame.size - 4),
                             red, &out));
    assert_int_equal(
        control_answer_get(slice_of(out.data + 4, out.size - 4), &arena, &a),
        OK);
    return a;
}

#endif
