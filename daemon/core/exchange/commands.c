#include "core/exchange/commands.h"

#include "core/base/limits.h"

/* Our own answers: a page of a submission has at most 65,536 records. */
#define ANSWER_BYTES_MAX MIB(128)

typedef enum err (*verb_fn)(struct asking *a);

struct slice
asking_value(const struct asking *a, const char *key)
{
    return control_text(&a->request.values, key);
}

struct slice
asking_bytes(const struct asking *a, const char *key)
{
    return control_bytes(&a->request.values, key);
}

enum err
asking_fail(struct asking *a, enum err e, const char *text)
{
    a->text = text;
    return e;
}

static const struct {
    const char *verb;
    unsigned role;
    verb_fn answer;
} verbs[] = {
    {"submit-open", ROLE_SUBMIT, answer_submit_open},
    {"submit", ROLE_SUBMIT, answer_submit},
    {"release", ROLE_RELEASE, answer_release},
    {"release-check", ROLE_SUBMIT, answer_release_check},
    {"cancel", ROLE_SUBMIT, answer_cancel},
    {"expunge", ROLE_OPERATE, answer_expunge},
    {"peer-add", ROLE_OPERATE, answer_peer_add},
    {"peer-confirm", ROLE_OPERATE, answer_peer_confirm},
    {"card-import", ROLE_OPERATE, answer_card_import},
    {"keys", ROLE_OPERATE, answer_keys},
    {"peer-pause", ROLE_OPERATE, answer_peer_pause},
    {"peer-resume", ROLE_OPERATE, answer_peer_resume},
    {"alarm-take", ROLE_OPERATE, answer_alarm_take},
    {"alarm-close", ROLE_OPERATE, answer_alarm_close},
    {"lane-adopt", ROLE_OPERATE, answer_lane_adopt},
    {"lane-roll", ROLE_OPERATE, answer_lane_roll},
};

static enum err
answer_verb(struct asking *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(a->request.verb, verbs[i].verb) != 0)
            continue;
        if (!a->x->started || !a->x->seed.ready)
            return asking_fail(a, ERR_NOT_NOW,
                               "the daemon is starting; try again");
        if (!(a->event->a & verbs[i].role))
            return asking_fail(
                a, ERR_FORBIDDEN,
                "you have no role that allows it: see 'users' in "
                "sealane.yaml");
        return verbs[i].answer(a);
    }
    return asking_fail(a, ERR_NOT_FOUND, "this request is unknown");
}

void
asking_answer(struct exchange *x, uint64_t client, struct control_answer *a,
              const char *text)
{
    struct buf frame = {0};

    a->text = slice_str(text);
    control_answer_put(&frame, a);
    effect_add(x, (struct effect){.type = EFFECT_ANSWER,
                                  .id = client,
                                  .data = buf_slice(&frame)});
    buf_clear(&frame);
}

void
on_request(struct exchange *x, const struct event *e)
{
    struct asking a = {.x = x, .event = e, .text = ""};
    struct control_answer answer = {0};

    arena_init(&a.memory, ANSWER_BYTES_MAX + 4 * e->data.size);
    control_begin(&a.answer, &a.memory);
    answer.code = control_request_get(e->data, &a.memory, &a.request);
    if (answer.code == OK)
        answer.code = answer_verb(&a);
    else
        a.text = err_text(answer.code);
    answer.id = a.request.id;
    answer.records = a.answer.records;
    answer.record_count = a.answer.record_count;
    if (answer.code != OK || !a.later)
        asking_answer(x, e->id, &answer, a.text);
    arena_clear(&a.memory);
}
