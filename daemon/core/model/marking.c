#include "core/model/marking.h"

#include "core/model/word.h"

#include <assert.h>

static const struct {
    const char *name, *label;
} tlps[] = {
    [TLP_CLEAR] = {"clear", "TLP:CLEAR"},
    [TLP_GREEN] = {"green", "TLP:GREEN"},
    [TLP_AMBER] = {"amber", "TLP:AMBER"},
    [TLP_AMBER_STRICT] = {"amber+strict", "TLP:AMBER+STRICT"},
    [TLP_RED] = {"red", "TLP:RED"},
};

static const struct {
    const char *name, *label;
} paps[] = {
    [PAP_NONE] = {"none", ""},
    [PAP_CLEAR] = {"clear", "PAP:CLEAR"},
    [PAP_GREEN] = {"green", "PAP:GREEN"},
    [PAP_AMBER] = {"amber", "PAP:AMBER"},
    [PAP_RED] = {"red", "PAP:RED"},
};

static struct slice
without_prefix(struct slice text, const char *prefix)
{
    size_t n = strlen(prefix);

    if (text.size >= n && word_is(slice_of(text.data, n), prefix))
        return slice_of(text.data + n, text.size - n);
    return text;
}

bool
tlp_parse(struct slice text, enum tlp *out)
{
    struct slice word = without_prefix(text, "tlp:");

    for (size_t i = 0; i < ARRAY_SIZE(tlps); i++)
        if (word_is(word, tlps[i].name)) {
            *out = (enum tlp)i;
            return true;
        }
    if (word_is(word, "white")) {
        *out = TLP_CLEAR;
        return true;
    }
    return false;
}

bool
pap_parse(struct slice text, enum pap *out)
{
    struct slice word = without_prefix(text, "pap:");

    for (size_t i = PAP_CLEAR; i < ARRAY_SIZE(paps); i++)
        if (word_is(word, paps[i].name)) {
            *out = (enum pap)i;
            return true;
        }
    if (word_is(word, "white")) {
        *out = PAP_CLEAR;
        return true;
    }
    return false;
}

const char *
tlp_name(enum tlp tlp)
{
    assert(tlp < ARRAY_SIZE(tlps));
    return tlps[tlp].name;
}

const char *
pap_name(enum pap pap)
{
    assert(pap < ARRAY_SIZE(paps));
    return paps[pap].name;
}

const char *
tlp_label(enum tlp tlp)
{
    assert(tlp < ARRAY_SIZE(tlps));
    return tlps[tlp].label;
}

const char *
pap_label(enum pap pap)
{
    assert(pap < ARRAY_SIZE(paps));
    return paps[pap].label;
}

/* PROTOCOL markings: "A TLP that is unknown, and the TLP of a head that does
 * not say it, MUST count as red; a PAP that is unknown as red, too." */
enum tlp
tlp_from_byte(uint8_t byte)
{
    return byte <= TLP_RED ? (enum tlp)byte : TLP_RED;
}

uint8_t
marking_flags(const struct marking *m)
{
    return (uint8_t)((m->relay_permitted ? LEAF_FLAG_RELAY : 0) |
                     (m->exercise.size ? LEAF_FLAG_EXERCISE : 0));
}
