#include "core/formats/value_parts.h"

#include <idn2.h>

/* Of a name that is 253 bytes at most in ASCII. */
#define NAME_MAX_BYTES 1024

/* UTS 46, non-transitional, then IDNA 2008: as browsers and resolvers ask. */
#define FLAGS (IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT)

bool
host_ascii(struct slice text, struct arena *arena, struct slice *out)
{
    char name[NAME_MAX_BYTES + 1];
    char *ascii = NULL;
    bool good = true;

    *out = text;
    if (text.size > NAME_MAX_BYTES)
        return true;
    memcpy(name, text.data, text.size);
    name[text.size] = 0;
    if (idn2_to_ascii_8z(name, &ascii, FLAGS) == IDN2_OK)
        good = arena_copy(arena, slice_str(ascii), out);
    idn2_free(ascii);
    return good;
}
