#include "core/model/ids.h"

#define DNS_LABEL_MAX 63

static bool
is_name_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool
team_name_parse(struct slice text, struct team_name *out)
{
    size_t label = 0, labels = 1;

    if (text.size == 0 || text.size > TEAM_NAME_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '.') {
            if (label == 0 || text.data[i - 1] == '-')
                return false;
            label = 0;
            labels++;
        } else if (!is_name_character(c) || (c == '-' && label == 0) ||
                   ++label > DNS_LABEL_MAX) {
            return false;
        }
    }
    /* PROTOCOL names: "A team name MUST have at least two labels and at most
     * 253 characters, and no label that begins or ends with a hyphen." */
    if (label == 0 || text.data[text.size - 1] == '-' || labels < 2)
        return false;
    memset(out, 0, sizeof *out);
    memcpy(out->text, text.data, text.size);
    return true;
}
