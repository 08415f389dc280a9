/* The pre-scan against every message of proto/; what it lets through is
 * unpacked within the budget, and what is packed from that passes again. */
#include "harness.h"

#include "card.pb-c.h"
#include "control.pb-c.h"
#include "core/base/buf.h"
#include "core/wire/prescan.h"
#include "message.pb-c.h"
#include "wire.pb-c.h"

#define BUDGET (DECODE_BUDGET_FACTOR * FRAME_MAX)

static const ProtobufCMessageDescriptor *const types[] = {
    &sealane__message__descriptor,
    &sealane__feedback__descriptor,
    &sealane__card__card__descriptor,
    &sealane__control__request__descriptor,
    &sealane__control__answer__descriptor,
    &sealane__wire__hello__descriptor, /* from here in order of types */
    &sealane__wire__card_frame__descriptor,
    &sealane__wire__auth__descriptor,
    &sealane__wire__resume__descriptor,
    &sealane__wire__verdict__descriptor,
    &sealane__wire__genesis__descriptor,
    &sealane__wire__header__descriptor,
    &sealane__wire__want__descriptor,
    &sealane__wire__body__descriptor,
    &sealane__wire__piece__descriptor,
    &sealane__wire__gone__descriptor,
    &sealane__wire__absent__descriptor,
    &sealane__wire__held__descriptor,
    &sealane__wire__receipt__descriptor,
    &sealane__wire__fetch__descriptor,
    &sealane__wire__ping__descriptor,
    &sealane__wire__close__descriptor,
};

static void
pack_again(const ProtobufCMessage *message,
           const ProtobufCMessageDescriptor *type)
{
    struct buf bytes = {0};
    size_t size = protobuf_c_message_get_packed_size(message);

    if (size) {
        size_t packed =
            protobuf_c_message_pack(message, buf_extend(&bytes, size));
        assert(packed == size);
    }
    assert(prescan(buf_slice(&bytes), type) == OK);
    buf_clear(&bytes);
}

static void
one(struct slice input)
{
    struct arena arena;
    ProtobufCMessage *message = NULL;

    if (input.size == 0)
        return;
    const ProtobufCMessageDescriptor *type =
        types[input.data[0] % ARRAY_SIZE(types)];
    struct slice bytes = slice_of(input.data + 1, input.size - 1);
    enum err scanned = prescan(bytes, type);
    arena_init(&arena, BUDGET);
    enum err e = prescan_unpack(bytes, type, &arena, &message);
    assert(scanned == OK ? e == OK || e == ERR_BUDGET : e == scanned);
    if (e == OK)
        pack_again(message, type);
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
