#include "edge/control/ids.h"

bool
decimal_parse(struct slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.size == 0 || text.size > 19)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = value;
    return true;
}

/* Split `text` at the first `mark`; false if it is not there. */
static bool
split(struct slice text, char mark, struct slice *before, struct slice *after)
{
    const uint8_t *at = text.size ? memchr(text.data, mark, text.size) : NULL;

    if (!at)
        return false;
    *before = slice_of(text.data, (size_t)(at - text.data));
    *after = slice_of(at + 1, text.size - before->size - 1);
    return true;
}

bool
message_ref_parse(struct slice text, struct message_ref *out)
{
    struct message_ref ref = {0};
    struct slice rest, place, epoch, index;

    if (!split(text, '>', &ref.origin, &rest) ||
        !split(rest, '#', &ref.audience, &place))
        return false;
    if (ref.origin.size == 0 || ref.audience.size == 0)
        return false;
    if (split(place, '.', &epoch, &index)) {
        if (!decimal_parse(epoch, &ref.epoch))
            return false;
        place = index;
    }
    if (!decimal_parse(place, &ref.index))
        return false;
    *out = ref;
    return true;
}

void
message_ref_put(struct buf *out, const struct message_ref *ref)
{
    buf_put(out, ref->origin);
    buf_put_u8(out, '>');
    buf_put(out, ref->audience);
    buf_put_u8(out, '#');
    if (ref->epoch > 0) {
        buf_put_decimal(out, ref->epoch);
        buf_put_u8(out, '.');
    }
    buf_put_decimal(out, ref->index);
}

/* Read a letter, a hyphen and a number. */
static bool
ref_parse(struct slice text, char letter, uint64_t *number)
{
    if (text.size < 3 || (text.data[0] | 0x20) != letter || text.data[1] != '-')
        return false;
    return decimal_parse(slice_of(text.data + 2, text.size - 2), number);
}

bool
submission_ref_parse(struct slice text, uint64_t *number)
{
    return ref_parse(text, 's', number);
}

bool
alarm_ref_parse(struct slice text, uint64_t *number)
{
    return ref_parse(text, 'a', number);
}
