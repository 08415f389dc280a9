/* An evidence file: what is taken is exactly what would be written, and is
 * then checked. */
#include "harness.h"

#include "core/lane/evidence.h"
#include "teams.h"

static void
one(struct slice input)
{
    struct buf memory = {0}, written = {0};
    struct evidence e;

    if (evidence_read(input, &memory, &e) == OK) {
        const struct team *origin = team_of(KRCERT), *holder = team_of(AUSCERT);
        const struct signatory by[] = {
            {&origin->name, KEY_ROLE_CHECKPOINT, &origin->keys[1]},
            {&holder->name, KEY_ROLE_RECEIPT, &holder->keys[2]}};
        evidence_write(&e, &written);
        assert(slice_equal(buf_slice(&written), input));
        enum err with = evidence_verify(&e, &by[0], &by[1]);
        enum err without = evidence_verify(&e, &by[0], NULL);
        assert(with != OK || (without == OK && e.has_receipt));
    }
    buf_clear(&memory);
    buf_clear(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
