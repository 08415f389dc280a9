#include "edge/index/judge.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/wire/message.h"
#include "edge/lists/lists.h"

#include <stdio.h>

/* Messages of one go: each is read, decoded and looked up, 10 us. */
#define SOME 256
#define HEAD_BUDGET (DECODE_BUDGET_FACTOR * (size_t)BODY_MAX)

struct judge {
    const char *folder;
    bool documentation;
    struct warnings *lists;
    uint64_t mark; /* of the lists that were read; 0: none yet */
    struct arena arena;
};

static void
say(const char *text)
{
    (void)fprintf(stderr, "the index: %s\n", text);
}

struct judge *
judge_new(const char *folder, bool documentation)
{
    struct judge *j = mem_new(sizeof *j);

    j->folder = folder ? folder : "";
    j->documentation = documentation;
    arena_init(&j->arena, HEAD_BUDGET);
    return j;
}

void
judge_free(struct judge *j)
{
    if (!j)
        return;
    warnings_free(j->lists);
    arena_clear(&j->arena);
    mem_free(j);
}

/* Read the lists that lie there now. What cannot be read is said once. */
static void
lists_take(struct judge *j, uint64_t mark)
{
    struct warnings *lists = lists_read(j->folder, j->documentation, say);

    j->mark = mark;
    if (!lists && !j->lists)
        lists = lists_read("", j->documentation, say);
    if (!lists)
        return;
    warnings_free(j->lists);
    j->lists = lists;
}

bool
judge_look(struct judge *j, struct rows *rows)
{
    uint64_t mark = lists_mark(j->folder, j->documentation);

    if (mark != j->mark)
        lists_take(j, mark);
    if (rows->lists == mark)
        return false;
    rows_judge(rows, mark, rows->last);
    return true;
}

bool
judge_message(const struct judge *j, const struct message *m,
              struct slice field, struct review *out)
{
    struct observed value;
    struct warning found;

    *out = (struct review){.field = field};
    if (j && j->lists && warning_judge(j->lists, m, &value, &found)) {
        out->list = slice_str(found.list);
        out->kind = found.kind;
        out->type = value.observable;
        out->value = value.value;
    }
    return out->field.size || out->list.size;
}

/* What its content said of the head stays as it was. */
static void
again(struct judge *j, struct rows *rows, const struct row *row)
{
    struct review before = {0}, now;
    struct slice head, field = {0};
    struct row changed = *row;
    struct message m;

    arena_reset(&j->arena);
    if ((row->flags & ROW_REVIEW) &&
        reviews_get(&rows->reviews, row->message, &before) &&
        !arena_copy(&j->arena, before.field, &field))
        return;
    if (!arena_copy(&j->arena, row->head, &head) || !head.size ||
        message_get(head, &j->arena, &m) != OK)
        return;
    bool marked = judge_message(j, &m, field, &now);
    if (!marked && !(row->flags & ROW_REVIEW))
        return;
    changed.flags =
        marked ? row->flags | ROW_REVIEW : row->flags & ~(unsigned)ROW_REVIEW;
    rows_review(rows, &changed, marked ? &now : NULL);
}

bool
judge_some(struct judge *j, struct rows *rows)
{
    struct row row;

    if (!rows->judge)
        return false;
    for (unsigned i = 0; i < SOME; i++) {
        if (!rows_before(rows, rows->judge + 1, &row)) {
            rows_judge(rows, rows->lists, 0);
            return false;
        }
        rows_judge(rows, rows->lists, row.message - 1);
        if (!(row.flags & (ROW_OURS | ROW_DECLINED)))
            again(j, rows, &row);
    }
    return true;
}
