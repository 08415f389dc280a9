#include "story.h"

#include "core/base/mem.h"

#include <assert.h>

#define OURS 1 /* number of the lane that is ours; 0 is theirs */
#define BODY_MOST 3000

void
story_begin(struct story *s, uint64_t seed)
{
    *s = (struct story){.dice = {seed}};
}

void
story_clear(struct story *s)
{
    buf_clear(&s->facts);
    mem_free(s->turns);
}

static struct slice
noise(struct story *s, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t more = dice_next(&s->dice) | 1;
        memcpy(out + i, &more, size - i < 8 ? size - i : 8);
    }
    return slice_of(out, size);
}

static void
blob_draw(struct story *s, struct fact *f)
{
    static uint8_t head[SALT_BYTES], body[BODY_MOST];
    size_t most = dice_chance(&s->dice, 15) ? BODY_MOST : 200;

    f->blob_head = noise(s, head, sizeof head);
    f->blob_body = noise(s, body, (size_t)dice_below(&s->dice, most));
}

static struct checkpoint
checkpoint_draw(struct story *s, uint64_t size)
{
    struct checkpoint c = {.size = size, .time_s = 1790000000u};

    (void)noise(s, c.root.b, sizeof c.root.b);
    (void)noise(s, c.signature.b, sizeof c.signature.b);
    return c;
}

static void
begin(struct story *s)
{
    struct fact f = {.type = FACT_NODE, .text = slice_str("our card")};

    fact_put(&s->facts, &f);
    f = (struct fact){.type = FACT_PEER, .text = slice_str("their card")};
    fact_put(&s->facts, &f);
    f = (struct fact){.type = FACT_LANE};
    fact_put(&s->facts, &f);
    f = (struct fact){.type = FACT_LANE, .lane = OURS, .ours = true};
    fact_put(&s->facts, &f);
}

static void
submit(struct story *s, struct moment *m)
{
    struct fact f = {.type = FACT_SUBMITTED, .item = m->items++};

    f.number = f.item;
    blob_draw(s, &f);
    fact_put(&s->facts, &f);
}

static void
sequence(struct story *s, struct moment *m)
{
    static uint8_t salt[SALT_BYTES];

    if (m->sequenced == m->items)
        return;
    struct fact f = {.type = FACT_SEQUENCED,
                     .lane = OURS,
                     .index = m->sequenced,
                     .item = m->sequenced,
                     .ends_batch = true,
                     .blob_head = noise(s, salt, sizeof salt)};
    (void)noise(s, f.record, sizeof f.record);
    m->sequenced++;
    fact_put(&s->facts, &f);
    f = (struct fact){.type = FACT_CHECKPOINT,
                      .lane = OURS,
                      .checkpoint = checkpoint_draw(s, m->sequenced)};
    fact_put(&s->facts, &f);
}

static void
receive(struct story *s, struct moment *m)
{
    struct fact f = {.type = FACT_ENTRY, .index = m->entries};

    f.state = dice_chance(&s->dice, 20) ? BODY_DECLINED : BODY_HELD;
    (void)noise(s, f.record, sizeof f.record);
    if (f.state == BODY_HELD)
        blob_draw(s, &f);
    fact_put(&s->facts, &f);
    f = (struct fact){.type = FACT_BATCH,
                      .index = m->entries++,
                      .checkpoint = checkpoint_draw(s, m->entries)};
    fact_put(&s->facts, &f);
    f = (struct fact){.type = FACT_RECEIPT_GIVEN,
                      .checkpoint = checkpoint_draw(s, m->entries),
                      .answers = checkpoint_draw(s, m->entries)};
    fact_put(&s->facts, &f);
}

void
story_next(struct story *s)
{
    struct moment m = story_moment(s);
    uint64_t more = 1 + dice_below(&s->dice, 4);

    if (!s->count)
        begin(s);
    while (more--) {
        switch (dice_below(&s->dice, 3)) {
        case 0:
            submit(s, &m);
            break;
        case 1:
            receive(s, &m);
            break;
        default:
            submit(s, &m);
            sequence(s, &m);
        }
    }
    m.end = s->facts.size;
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 16;
        s->turns = mem_resize(s->turns, s->capacity, sizeof *s->turns);
    }
    s->turns[s->count++] = m;
}

void
story_cut(struct story *s, size_t count)
{
    assert(count <= s->count);
    s->count = count;
    s->facts.size = story_end(s, count);
}

size_t
story_end(const struct story *s, size_t count)
{
    return count ? s->turns[count - 1].end : 0;
}

struct moment
story_moment(const struct story *s)
{
    return s->count ? s->turns[s->count - 1] : (struct moment){0};
}

struct slice
story_turn(const struct story *s, size_t number)
{
    size_t start = story_end(s, number - 1);

    return slice_of(s->facts.data + start, story_end(s, number) - start);
}
