#include "core/formats/misp_lead.h"

static const struct misp_lead leads[] = {
    {MISP_DOCUMENT, MISP_DOCUMENT, "response"},
    {MISP_DOCUMENT, MISP_EVENT, "Event"},
    {MISP_DOCUMENT, MISP_ATTRIBUTE, "Attribute"},
    {MISP_DOCUMENT, MISP_OBJECT, "Object"},
    {MISP_EVENT, MISP_ATTRIBUTE, "Attribute"},
    {MISP_EVENT, MISP_OBJECT, "Object"},
    {MISP_OBJECT, MISP_ATTRIBUTE, "Attribute"},
};

const struct misp_lead *
misp_lead_find(enum misp_role from, const struct json_doc *open, uint32_t key)
{
    for (size_t i = 0; i < ARRAY_SIZE(leads); i++)
        if (leads[i].from == from && json_is(open, key, leads[i].key))
            return &leads[i];
    return NULL;
}
