/* Small texts that people or files bring, behind a byte that says which: each
 * that has a writer is written as it was read. */
#include "harness.h"

#include "cli/vkeys.h"
#include "core/base/hex.h"
#include "core/crypto/base64.h"
#include "core/formats/detect.h"
#include "core/formats/stamp.h"
#include "core/model/marking.h"
#include "core/model/observable.h"
#include "edge/control/ids.h"
#include "edge/net/address.h"

static void
key(struct slice text)
{
    struct vkey k;
    struct buf out = {0};

    if (vkey_parse(text, &k) == OK) {
        vkey_put(&out, &k);
        assert(slice_equal(buf_slice(&out), text));
    }
    buf_clear(&out);
}

static void
message_id(struct slice text)
{
    struct message_ref ref;
    struct message_ref again;
    struct buf out = {0};

    if (message_ref_parse(text, &ref)) {
        message_ref_put(&out, &ref);
        bool good = message_ref_parse(buf_slice(&out), &again);
        assert(good && again.epoch == ref.epoch && again.index == ref.index &&
               slice_equal(again.origin, ref.origin) &&
               slice_equal(again.audience, ref.audience));
    }
    buf_clear(&out);
}

static void
numbers(struct slice text)
{
    uint64_t number;

    (void)!submission_ref_parse(text, &number);
    if (decimal_parse(text, &number))
        assert(text.size >= 1 && text.size <= 19);
}

static void
names(struct slice text)
{
    struct team_name team;
    enum tlp tlp;
    enum pap pap;
    enum observable o;
    enum format f;

    if (team_name_parse(text, &team))
        assert(slice_is(text, team.text));
    if (tlp_parse(text, &tlp))
        assert(tlp_parse(slice_str(tlp_label(tlp)), &tlp));
    if (pap_parse(text, &pap))
        assert(pap_parse(slice_str(pap_label(pap)), &pap));
    if (observable_parse(text, &o))
        assert(slice_is(text, observable_name(o)));
    if (format_parse(text, &f))
        assert(slice_is(text, format_name(f)));
    (void)formats_detect(text, slice_str("name"));
}

static void
time_of(struct slice text)
{
    struct stamp s;

    if (stamp_parse(text, &s)) {
        assert(stamp_compare(&s, &s) == 0);
        (void)stamp_wall(&s);
    }
}

static void
address_of(struct slice text)
{
    char host[ADDRESS_HOST_MAX], written[ADDRESS_TEXT_MAX];
    struct address a;
    struct address_key k;
    uint16_t port;

    if (!address_split(text, host, &port))
        return;
    assert(port > 0 && memchr(host, 0, sizeof host));
    if (!address_numeric(host, port, &a))
        return;
    address_text(&a, written);
    address_key_of(&a, &k);
    bool good = address_split(slice_str(written), host, &port) &&
                address_numeric(host, port, &a);
    assert(good);
}

static void
digits(struct slice text)
{
    uint8_t bytes[32];
    char hex[2 * sizeof bytes + 1];
    struct buf out = {0}, written = {0};

    if (hex_decode(text, bytes, sizeof bytes)) {
        hex_encode(SLICE_ARRAY(bytes), hex);
        assert(slice_is(text, hex));
    }
    if (base64_get(text, &out)) {
        base64_put(&written, buf_slice(&out));
        assert(slice_equal(buf_slice(&written), text));
    }
    buf_clear(&out);
    buf_clear(&written);
}

static void (*const kinds[])(struct slice text) = {
    key, message_id, numbers, names, time_of, address_of, digits};

static void
one(struct slice input)
{
    if (input.size)
        kinds[input.data[0] % ARRAY_SIZE(kinds)](
            slice_of(input.data + 1, input.size - 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
