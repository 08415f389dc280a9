/*
 * The signer of a node: it answers one request after another, or goes wrong.
 */
#include "pair.h"

/* Tell which roles a request signs for. */
static uint32_t
roles_of(struct slice request)
{
    struct arena arena;
    struct sign_request read;
    uint32_t roles = 0;

    arena_init(&arena, MIB(1));
    if (sign_request_get(request, &arena, &read) == OK)
        for (size_t i = 0; i < read.count; i++)
            if (read.ops[i].op == SIGN_EXTEND)
                roles |= 1u << read.ops[i].role;
    arena_clear(&arena);
    return roles;
}

/* Answer that nothing of a request is signed. */
static void
refuse(struct slice request, struct buf *answer)
{
    struct arena arena;
    struct sign_request read;

    arena_init(&arena, MIB(1));
    if (sign_request_get(request, &arena, &read) == OK)
        for (size_t i = 0; i < read.count; i++)
            sign_answer_add(answer, read.ops[i].op,
                            &(struct sign_result){.code = ERR_DAMAGED});
    arena_clear(&arena);
}

static enum signer_fault
signer_strikes(struct node *n)
{
    struct signer_plan *s = &n->signer_plan;

    if (s->left == 0)
        return SIGNER_WORKS;
    if (s->left > 1) {
        s->left--;
        return SIGNER_WORKS;
    }
    if (!s->for_ever)
        s->left = 0;
    s->struck++;
    n->pair->struck = true;
    return s->what;
}

static _Noreturn void
signer_gone(void)
{
    node_give_up("sealaned", "the signer is gone");
}

void
node_sign(struct node *n)
{
    struct process *p = process_pause();
    const struct event ask = n->asks.list[0];
    enum signer_fault fault = signer_strikes(n);
    uint32_t roles = roles_of(ask.data);
    bool cut = false;
    if (roles & 1u << KEY_ROLE_CHECKPOINT)
        cut |= point_done(n, POINT_CHECKPOINT_ASKED);
    if (roles & 1u << KEY_ROLE_RECEIPT)
        cut |= point_done(n, POINT_RECEIPT_ASKED);
    process_resume(p);
    if (cut)
        process_end(ENDED_CUT, 0);
    struct buf answer = {0};
    if (fault == SIGNER_LOSES_REQUEST)
        signer_gone();
    if (fault == SIGNER_REFUSES) {
        refuse(ask.data, &answer);
    } else {
        n->signing = roles;
        if (keeper_answer(&n->keeper, ask.data,
                          1800000000u + n->pair->time / 1000, &answer))
            signer_gone();
        n->signing = 0;
    }
    if (fault == SIGNER_LOSES_ANSWER)
        signer_gone();
    if (fault == SIGNER_GARBLES)
        answer.size = answer.size / 2;
    p = process_pause();
    inbox_put(&n->inbox, &(struct event){.type = EVENT_SIGNED,
                                         .id = ask.id,
                                         .b = roles,
                                         .data = buf_slice(&answer)});
    inbox_drop(&n->asks, 1);
    process_resume(p);
    buf_clear(&answer);
}
