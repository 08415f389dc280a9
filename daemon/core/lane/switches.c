#include "core/lane/switches.h"

#include "core/base/mem.h"

void
switches_clear(struct switches *s)
{
    mem_free(s->list);
}

uint64_t
switches_last(const struct switches *s)
{
    return s->count ? s->list[s->count - 1].above : 0;
}

bool
switches_has(const struct switches *s, uint64_t above, const struct key_id *to)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i].above == above)
            return key_id_equal(&s->list[i].to, to);
    return false;
}

void
switches_add(struct switches *s, uint64_t above, const struct key_id *to)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 2;
        s->list = mem_resize(s->list, s->capacity, sizeof *s->list);
    }
    s->list[s->count++] = (struct key_switch){above, *to};
}

bool
switches_passed(const struct switches *s, uint64_t from, uint64_t size)
{
    for (size_t i = 0; i < s->count; i++)
        if (from < s->list[i].above && size > s->list[i].above)
            return true;
    return false;
}

const struct key_id *
switches_key(const struct switches *s, uint64_t size)
{
    size_t i = s->count;

    while (i > 0 && s->list[i - 1].above >= size)
        i--;
    return i > 0 ? &s->list[i - 1].to : NULL;
}
