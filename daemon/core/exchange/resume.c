#include "core/exchange/resume.h"

static enum resume_row
beyond(const struct resume_claim *c, const struct resume_facts *f)
{
    bool longer = c->size > f->size;
    enum resume_known known = longer ? c->size_known : c->seen_known;

    if (!(longer ? f->checkpoint_good : f->seen_good))
        return ROW_HOLDER_LIES;
    if (known != KNOWN_YES && known != KNOWN_NO)
        return ROW_UNKNOWN;
    if (known == KNOWN_NO)
        return ROW_STOLEN_KEY;
    return longer ? ROW_ORIGIN_RESTORED : ROW_SEEN_BEYOND;
}

/* A seen checkpoint beyond us is looked at before the normal row: a thief's
 * forged checkpoint that was seen and not held would else stay unnoticed. */
enum resume_row
resume_decide(const struct resume_claim *c, const struct resume_facts *f)
{
    if (f->holder_epoch < f->epoch)
        return ROW_EPOCH_LOWER;
    if (f->holder_epoch > f->epoch)
        return ROW_EPOCH_HIGHER;
    if (!f->same_genesis)
        return ROW_TWO_GENESES;
    if (f->signer_lost)
        return ROW_SIGNER_LOST;
    /* PROTOCOL resume: "A checkpoint S beyond the origin's size MUST be looked
     * at before the normal row, since a forged checkpoint that was seen and not
     * held would stay unnoticed otherwise." */
    if (c->size > f->size || (c->has_seen && c->seen.size > f->size))
        return beyond(c, f);
    if (!f->root_agrees)
        return f->checkpoint_good ? ROW_FORK : ROW_HOLDER_DAMAGED;
    if (f->signed_size > f->size)
        return ROW_SIGNED_BEYOND;
    return ROW_NORMAL;
}

const char *
resume_row_name(unsigned row)
{
    static const char *const names[RESUME_ROW_COUNT] = {
        [ROW_UNKNOWN] = "unknown",
        [ROW_EPOCH_LOWER] = "the holder's epoch is lower",
        [ROW_EPOCH_HIGHER] = "the holder's epoch is higher",
        [ROW_TWO_GENESES] = "two geneses of one epoch",
        [ROW_NORMAL] = "normal",
        [ROW_FORK] = "same size, another root, signed by the origin",
        [ROW_HOLDER_DAMAGED] = "the holder's store is damaged",
        [ROW_ORIGIN_RESTORED] = "the origin was restored from a backup",
        [ROW_STOLEN_KEY] = "the holder has what the origin never signed",
        [ROW_HOLDER_LIES] = "the holder claims what nobody signed",
        [ROW_SEEN_BEYOND] = "signed history was lost on the way",
        [ROW_SIGNED_BEYOND] = "the signing journal is beyond both sides",
        [ROW_SIGNER_LOST] = "the signing journal is lost",
    };

    return row < RESUME_ROW_COUNT ? names[row] : "unknown";
}
