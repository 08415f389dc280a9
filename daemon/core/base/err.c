#include "core/base/err.h"

#include <assert.h>

static const struct {
    const char *name;
    const char *text;
    uint32_t code;
} errors[] = {
#define ERROR(symbol, code, name, text) {name, text, code},
#include "core/base/err.def"
#undef ERROR
};

const char *
err_name(enum err e)
{
    assert(e < ERR_COUNT);
    return errors[e].name;
}

const char *
err_text(enum err e)
{
    assert(e < ERR_COUNT);
    return errors[e].text;
}

uint32_t
err_code(enum err e)
{
    assert(e < ERR_COUNT);
    return errors[e].code;
}

enum err
err_from_code(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (errors[i].code == code)
            return (enum err)i;
    return ERR_FORMAT;
}
