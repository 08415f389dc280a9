#include "core/wire/message.h"

#include "core/base/cursor.h"
#include "core/wire/pack.h"
#include "core/wire/take.h"
#include "message.pb-c.h"

#include <assert.h>

#define CONFIDENCE_MAX 100

static bool
texts_are_good(const struct slice *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!prescan_text(texts[i]))
            return false;
    return true;
}

static bool
observed_are_good(const struct observed *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!prescan_text(values[i].value))
            return false;
    return true;
}

enum err
message_check(const struct message *m)
{
    const struct package *p = &m->package;
    const struct submission *s = &m->submission;
    const struct head *h = &m->head;
    const struct slice texts[] = {
        p->id,
        p->source,
        s->case_reference,
        s->title,
        s->note,
        h->object_id,
        h->object_type,
        h->value,
        h->pattern,
        h->pattern_language,
        h->role,
        h->producer,
        h->marking.exercise,
        h->created,
        h->modified,
        m->content_type,
        m->decline.text,
        m->withdrawal.object_id,
        m->withdrawal.reason,
    };

    if (m->kind == MESSAGE_NONE ||
        (h->has_confidence && h->confidence > CONFIDENCE_MAX))
        return ERR_VALUE;
    if (h->label_count > LABELS_MAX ||
        h->marking.recipient_count > RECIPIENTS_MAX ||
        h->value_count > HEAD_VALUES_MAX ||
        h->mentioned_count > HEAD_VALUES_MAX)
        return ERR_LIMIT;
    if (!texts_are_good(texts, ARRAY_SIZE(texts)) ||
        !texts_are_good(h->labels, h->label_count) ||
        !observed_are_good(h->values, h->value_count) ||
        !observed_are_good(h->mentioned, h->mentioned_count) ||
        !texts_are_good(h->marking.recipients, h->marking.recipient_count))
        return ERR_UTF8;
    return OK;
}

static void
package_fill(struct pack *p, const struct package *from, Sealane__Package *m)
{
    m->id = pack_text(p, from->id);
    m->source = pack_text(p, from->source);
    PACK_SET(*m, position, from->position);
    if (from->count)
        PACK_SET(*m, count, from->count);
    if (from->holder)
        PACK_SET(*m, holder, from->holder);
}

static void
submission_fill(struct pack *p, const struct submission *from,
                Sealane__Submission *m)
{
    if (from->number)
        PACK_SET(*m, number, from->number);
    m->case_reference = pack_text(p, from->case_reference);
    m->title = pack_text(p, from->title);
    m->note = pack_text(p, from->note);
}

static void
marking_fill(struct pack *p, const struct marking *from, Sealane__Marking *m)
{
    assert(from->recipient_count <= RECIPIENTS_MAX);
    PACK_SET(*m, tlp, (Sealane__Tlp)from->tlp);
    if (from->pap != PAP_NONE)
        PACK_SET(*m, pap, (Sealane__Pap)from->pap);
    if (from->relay_permitted)
        PACK_SET(*m, relay_permitted, 1);
    m->exercise = pack_text(p, from->exercise);
    m->n_recipients = from->recipient_count;
    m->recipients = pack_texts(p, from->recipients, from->recipient_count);
}

static Sealane__Value **
values_fill(struct pack *p, const struct observed *from, size_t count)
{
    assert(count <= HEAD_VALUES_MAX);
    if (!count)
        return NULL;
    /* Places of pointers are meant.
     * NOLINTNEXTLINE(bugprone-sizeof-expression) */
    Sealane__Value **array = pack_array(p, count, sizeof *array);
    Sealane__Value *values = pack_array(p, count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        sealane__value__init(&values[i]);
        if (from[i].observable)
            PACK_SET(values[i], observable,
                     (Sealane__Observable)from[i].observable);
        values[i].value = pack_text(p, from[i].value);
        array[i] = &values[i];
    }
    return array;
}

static void
head_fill(struct pack *p, const struct head *from, Sealane__Head *m)
{
    assert(from->label_count <= LABELS_MAX);
    if (from->rules)
        PACK_SET(*m, rules, from->rules);
    m->object_id = pack_text(p, from->object_id);
    m->object_type = pack_text(p, from->object_type);
    if (from->observable)
        PACK_SET(*m, observable, (Sealane__Observable)from->observable);
    m->value = pack_text(p, from->value);
    m->pattern = pack_text(p, from->pattern);
    m->pattern_language = pack_text(p, from->pattern_language);
    m->role = pack_text(p, from->role);
    if (from->has_valid_from)
        PACK_SET(*m, valid_from_ms, from->valid_from.ms);
    if (from->has_valid_until)
        PACK_SET(*m, valid_until_ms, from->valid_until.ms);
    if (from->has_confidence)
        PACK_SET(*m, confidence, from->confidence);
    m->n_labels = from->label_count;
    m->labels = pack_texts(p, from->labels, from->label_count);
    m->producer = pack_text(p, from->producer);
    if (from->revoked)
        PACK_SET(*m, revoked, 1);
    m->created = pack_text(p, from->created);
    m->modified = pack_text(p, from->modified);
    m->n_values = from->value_count;
    m->values = values_fill(p, from->values, from->value_count);
    m->n_mentioned = from->mentioned_count;
    m->mentioned = values_fill(p, from->mentioned, from->mentioned_count);
    if (from->use)
        PACK_SET(*m, use, (Sealane__Use)from->use);
}

static void
citation_fill(const struct citation *from, Sealane__Citation *m)
{
    PACK_SET(*m, lane_id, pack_bytes(SLICE_ARRAY(from->lane.b)));
    PACK_SET(*m, first, from->first);
    PACK_SET(*m, count, from->count);
    PACK_SET(*m, leaf, pack_bytes(SLICE_ARRAY(from->leaf.b)));
}

static void
decline_fill(struct pack *p, const struct decline *from, Sealane__Decline *m,
             Sealane__Citation *entry)
{
    citation_fill(&from->entry, entry);
    m->entry = entry;
    PACK_SET(*m, code, from->code);
    m->text = pack_text(p, from->text);
}

static void
expunge_fill(struct pack *p, const struct expunge_note *from,
             Sealane__ExpungeNote *m, Sealane__Citation *entry)
{
    citation_fill(&from->entry, entry);
    m->entry = entry;
    m->reason = pack_text(p, from->reason);
}

static void
withdrawal_fill(struct pack *p, const struct withdrawal *from,
                Sealane__Withdrawal *m, Sealane__Citation *entry)
{
    m->object_id = pack_text(p, from->object_id);
    if (from->has_entry) {
        citation_fill(&from->entry, entry);
        m->entry = entry;
    }
    m->reason = pack_text(p, from->reason);
}

void
message_put(struct buf *out, const struct message *m)
{
    Sealane__Message to = SEALANE__MESSAGE__INIT;
    Sealane__Package package = SEALANE__PACKAGE__INIT;
    Sealane__Submission submission = SEALANE__SUBMISSION__INIT;
    Sealane__Head head = SEALANE__HEAD__INIT;
    Sealane__Marking marking = SEALANE__MARKING__INIT;
    Sealane__Decline decline = SEALANE__DECLINE__INIT;
    Sealane__ExpungeNote expunge = SEALANE__EXPUNGE_NOTE__INIT;
    Sealane__Citation entry = SEALANE__CITATION__INIT;
    Sealane__Citation erased = SEALANE__CITATION__INIT;
    Sealane__Withdrawal withdrawal = SEALANE__WITHDRAWAL__INIT;
    Sealane__Citation withdrawn = SEALANE__CITATION__INIT;
    struct pack p;

    pack_init(&p);
    PACK_SET(to, kind, (Sealane__Kind)m->kind);
    if (m->has_package) {
        package_fill(&p, &m->package, &package);
        to.package = &package;
    }
    if (m->has_submission) {
        submission_fill(&p, &m->submission, &submission);
        to.submission = &submission;
    }
    if (m->has_head) {
        head_fill(&p, &m->head, &head);
        marking_fill(&p, &m->head.marking, &marking);
        head.marking = &marking;
        to.head = &head;
    }
    if (m->content.size)
        PACK_SET(to, content, pack_bytes(m->content));
    to.content_type = pack_text(&p, m->content_type);
    if (m->has_decline) {
        decline_fill(&p, &m->decline, &decline, &entry);
        to.decline = &decline;
    }
    if (m->has_withdrawal) {
        withdrawal_fill(&p, &m->withdrawal, &withdrawal, &withdrawn);
        to.withdrawal = &withdrawal;
    }
    if (m->has_expunge) {
        expunge_fill(&p, &m->expunge, &expunge, &erased);
        to.expunge_note = &expunge;
    }
    pack_message(out, &to.base);
    pack_clear(&p);
}

static void
take_package(const Sealane__Package *m, struct package *out)
{
    out->id = slice_str(m->id);
    out->source = slice_str(m->source);
    out->position = m->position;
    out->count = m->count;
    out->holder = m->holder;
}

static void
take_submission(const Sealane__Submission *m, struct submission *out)
{
    out->number = m->number;
    out->case_reference = slice_str(m->case_reference);
    out->title = slice_str(m->title);
    out->note = slice_str(m->note);
}

/* PROTOCOL markings: "A TLP that is unknown, and the TLP of a head that does
 * not say it, MUST count as red; a PAP that is unknown as red, too." */
/* What does not say how it may be handled is handled as strictly as can be. */
static void
take_marking(struct take *t, const Sealane__Marking *m, struct marking *out)
{
    out->tlp = TLP_RED;
    if (!m)
        return;
    if (m->has_tlp && (unsigned)m->tlp <= TLP_RED)
        out->tlp = (enum tlp)m->tlp;
    if (m->has_pap)
        out->pap = (unsigned)m->pap <= PAP_RED ? (enum pap)m->pap : PAP_RED;
    out->relay_permitted = m->has_relay_permitted && m->relay_permitted;
    out->exercise = slice_str(m->exercise);
    out->recipients =
        take_texts(t, m->recipients, m->n_recipients, RECIPIENTS_MAX);
    out->recipient_count = m->n_recipients;
}

static const struct observed *
take_values(struct take *t, Sealane__Value *const *values, size_t count)
{
    if (count > HEAD_VALUES_MAX) {
        take_fail(t, ERR_LIMIT);
        return NULL;
    }
    struct observed *list = take_array(t, count, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        list[i] = (struct observed){(unsigned)values[i]->observable,
                                    slice_str(values[i]->value)};
    return list;
}

static void
take_head(struct take *t, const Sealane__Head *m, struct head *out)
{
    out->rules = m->rules;
    out->object_id = slice_str(m->object_id);
    out->object_type = slice_str(m->object_type);
    out->observable = (unsigned)m->observable;
    out->value = slice_str(m->value);
    out->pattern = slice_str(m->pattern);
    out->pattern_language = slice_str(m->pattern_language);
    out->role = slice_str(m->role);
    out->has_valid_from = m->has_valid_from_ms;
    out->valid_from.ms = m->valid_from_ms;
    out->has_valid_until = m->has_valid_until_ms;
    out->valid_until.ms = m->valid_until_ms;
    out->has_confidence = m->has_confidence;
    out->confidence = m->confidence;
    /* PROTOCOL messages: "A reader MUST refuse a confidence above 100, more
     * than 64 recipients, more than 1,024 labels, more than 4,096 values or
     * more than 4,096 that are mentioned." */
    if (m->confidence > CONFIDENCE_MAX)
        take_fail(t, ERR_VALUE);
    out->labels = take_texts(t, m->labels, m->n_labels, LABELS_MAX);
    out->label_count = m->n_labels;
    out->producer = slice_str(m->producer);
    take_marking(t, m->marking, &out->marking);
    out->revoked = m->has_revoked && m->revoked;
    out->created = slice_str(m->created);
    out->modified = slice_str(m->modified);
    out->values = take_values(t, m->values, m->n_values);
    out->value_count = out->values ? m->n_values : 0;
    out->mentioned = take_values(t, m->mentioned, m->n_mentioned);
    out->mentioned_count = out->mentioned ? m->n_mentioned : 0;
    out->use = (unsigned)m->use;
}

static void
take_citation(struct take *t, const Sealane__Citation *m, struct citation *out)
{
    if (!m) {
        take_fail(t, ERR_MISSING);
        return;
    }
    TAKE_FIXED(t, m, lane_id, out->lane.b);
    out->first = TAKE_U64(t, m, first);
    out->count = TAKE_U64(t, m, count);
    TAKE_FIXED(t, m, leaf, out->leaf.b);
}

static void
take_decline(struct take *t, const Sealane__Decline *m, struct decline *out)
{
    take_citation(t, m->entry, &out->entry);
    out->code = TAKE_U32(t, m, code);
    out->text = slice_str(m->text);
}

static void
take_expunge(struct take *t, const Sealane__ExpungeNote *m,
             struct expunge_note *out)
{
    take_citation(t, m->entry, &out->entry);
    out->reason = slice_str(m->reason);
}

/* Nothing of it is required: one that names no entry in full is kept, and
 * withdraws nothing. */
static void
take_withdrawal(struct take *t, const Sealane__Withdrawal *m,
                struct withdrawal *out)
{
    const Sealane__Citation *entry = m->entry;

    out->object_id = slice_str(m->object_id);
    out->reason = slice_str(m->reason);
    out->has_entry = entry && entry->has_first && entry->has_count &&
                     entry->lane_id.len == sizeof out->entry.lane.b &&
                     entry->leaf.len == sizeof out->entry.leaf.b;
    if (out->has_entry)
        take_citation(t, entry, &out->entry);
}

enum err
message_get(struct slice bytes, struct arena *arena, struct message *out)
{
    struct take t = {.arena = arena};
    struct message v = {0};
    const Sealane__Message *m =
        take_message(&t, bytes, &sealane__message__descriptor);

    if (!m)
        return t.err;
    /* PROTOCOL messages: "kind MUST be there; a kind, an observable or a field
     * that the reader does not know is kept, receipted, shown as unknown and
     * proven, and is never a reason to refuse." */
    v.kind = take_u32(&t, m->has_kind, (uint32_t)m->kind);
    v.has_package = m->package;
    if (m->package)
        take_package(m->package, &v.package);
    v.has_submission = m->submission;
    if (m->submission)
        take_submission(m->submission, &v.submission);
    v.has_head = m->head;
    if (m->head)
        take_head(&t, m->head, &v.head);
    v.content = slice_of(m->content.data, m->content.len);
    v.content_type = slice_str(m->content_type);
    v.has_decline = m->decline;
    if (m->decline)
        take_decline(&t, m->decline, &v.decline);
    v.has_withdrawal = m->withdrawal;
    if (m->withdrawal)
        take_withdrawal(&t, m->withdrawal, &v.withdrawal);
    v.has_expunge = m->expunge_note;
    if (m->expunge_note)
        take_expunge(&t, m->expunge_note, &v.expunge);
    if (!t.err)
        *out = v;
    return t.err;
}

void
submission_id_put(struct buf *out, const struct submission_id *id)
{
    buf_put(out, SLICE_ARRAY(id->stream));
    buf_put_u64(out, id->sequence);
}

enum err
body_split(struct slice body, struct submission_id *id, struct slice *message)
{
    struct cursor c = cursor_of(body);
    struct submission_id read;

    cursor_copy(&c, read.stream, sizeof read.stream);
    read.sequence = cursor_u64(&c);
    if (c.bad)
        return ERR_TRUNCATED;
    *id = read;
    *message = slice_of(c.at, c.left);
    return OK;
}
