/*
 * misp_lead - the keys of a document of MISP that lead from a part to the parts
 *             within it.
 */
#ifndef CORE_FORMATS_MISP_LEAD_H
#define CORE_FORMATS_MISP_LEAD_H

#include "core/formats/misp_head.h"

struct misp_lead {
    enum misp_role from, to;
    const char *key;
};

/* Find what the key of token `key` leads to; NULL: to nothing. Those of a
 * document may hold one object instead of a list. */
const struct misp_lead *misp_lead_find(enum misp_role from,
                                       const struct json_doc *open,
                                       uint32_t key);

#endif
