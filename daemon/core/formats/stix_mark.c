#include "core/formats/stix_mark.h"

#include "core/formats/ascii.h"
#include "core/formats/json_put.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/stix_marking.h"

/* What an object says of its handling by its references. */
struct marks {
    bool has_own; /* the object as a whole has a TLP */
    enum tlp strictest;
    enum pap pap;
    struct slice refs, labels; /* the lists; empty: there are none */
};

static void
marks_add(struct marks *k, struct slice ref)
{
    enum tlp tlp;

    if (stix_tlp_of(json_scan_string(ref), &tlp))
        k->strictest = tlp_strictest(k->strictest, tlp);
}

static void
marks_of_parts(struct marks *k, struct slice parts)
{
    struct json_scan scan = json_scan_of(parts);
    struct slice part;

    while (json_scan_element(&scan, &part))
        marks_add(k, json_scan_find(part, "marking_ref"));
}

static void
marks_of_object(struct marks *k, struct slice refs)
{
    struct json_scan scan = json_scan_of(refs);
    struct slice ref;
    enum tlp tlp;

    k->refs = refs;
    while (json_scan_element(&scan, &ref)) {
        marks_add(k, ref);
        k->has_own = k->has_own || stix_tlp_of(json_scan_string(ref), &tlp);
    }
}

static void
marks_of_labels(struct marks *k, struct slice labels)
{
    struct json_scan scan = json_scan_of(labels);
    struct slice label;
    enum pap pap;

    k->labels = labels;
    while (json_scan_element(&scan, &label))
        if (ascii_starts(json_scan_string(label), "pap:") &&
            pap_parse(json_scan_string(label), &pap) && pap > k->pap)
            k->pap = pap;
}

static void
marks_read(struct marks *k, struct slice content)
{
    struct json_scan scan = json_scan_of(content);
    struct slice key, value;

    while (json_scan_member(&scan, &key, &value)) {
        bool is_list = value.data[0] == '[';
        if (is_list && json_scan_is(key, "object_marking_refs"))
            marks_of_object(k, value);
        else if (is_list && json_scan_is(key, "granular_markings"))
            marks_of_parts(k, value);
        else if (is_list && json_scan_is(key, "labels"))
            marks_of_labels(k, value);
    }
}

/* Write an object with one more text in the list under a key; `list` is that
 * list in the object, or empty. */
static void
put_with(struct buf *out, struct slice object, struct slice list,
         const char *key, struct slice text)
{
    size_t at = list.size ? (size_t)(list.data - object.data) + list.size - 1
                          : object.size - 1;
    bool is_first = list.size ? list.size == 2 : object.size == 2;

    buf_put(out, slice_first(object, at));
    buf_put_str(out, is_first ? "" : ",");
    if (list.size == 0) {
        buf_put_u8(out, '"');
        buf_put_str(out, key);
        buf_put_str(out, "\":[");
    }
    json_put_text(out, text);
    buf_put_str(out, list.size ? "" : "]");
    buf_put(out, slice_from(object, at));
}

static void
add_tlp(const struct format_out *to, const struct message *m,
        const struct marks *k, struct buf *object)
{
    struct buf id = {0};

    stix_tlp_put_id(&id, m->head.marking.tlp);
    put_with(object, m->content, k->refs, "object_marking_refs",
             buf_slice(&id));
    buf_clear(&id);
    loss_put(to, m, LOSS_ADDED, "object_marking_refs",
             k->has_own ? "it came under a stricter TLP than its own"
                        : "it had no TLP of its own");
}

static void
add_pap(const struct format_out *to, const struct message *m,
        struct buf *object)
{
    struct slice labels = json_scan_find(m->content, "labels");
    bool is_sdo = json_scan_find(m->content, "created").size > 0 &&
                  (!labels.size || labels.data[0] == '[');

    if (!is_sdo) {
        loss_put(to, m, LOSS_DROPPED, "pap",
                 "this kind of object has no place for it");
        return;
    }
    put_with(object, m->content, labels, "labels",
             slice_str(pap_label(m->head.marking.pap)));
    loss_put(to, m, LOSS_ADDED, "labels", "it came under this PAP");
}

bool
stix_mark(struct buf *out, const struct message *m, const struct format_out *to)
{
    const struct marking *want = &m->head.marking;
    struct marks k = {.strictest = TLP_CLEAR};
    struct message now = *m;
    struct buf papped = {0}, marked = {0};

    marks_read(&k, m->content);
    if (want->pap > k.pap)
        add_pap(to, m, &papped);
    if (papped.size) {
        now.content = buf_slice(&papped);
        k.refs = json_scan_find(now.content, "object_marking_refs");
    }
    if (k.refs.size && k.refs.data[0] != '[')
        loss_put(to, m, LOSS_DROPPED, "tlp", "its markings are no list");
    else if (!k.has_own || want->tlp > k.strictest)
        add_tlp(to, &now, &k, &marked);
    bool is_marked = marked.size > 0;
    buf_put(out, is_marked ? buf_slice(&marked) : now.content);
    buf_clear(&papped);
    buf_clear(&marked);
    return is_marked;
}
