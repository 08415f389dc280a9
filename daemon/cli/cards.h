/*
 * cards - team cards as the command reads them: checked before they are
 *         believed.
 *
 * Holds:      a card that was read is signed by its own root and by every
 *             key that it lists.
 * Trusts:     the daemon for which root is pinned; nothing of a file.
 */
#ifndef CLI_CARDS_H
#define CLI_CARDS_H

#include "cli/link.h"
#include "cli/vkeys.h"
#include "core/model/card.h"

struct known_card {
    struct buf proof; /* payload of the CARD frame: a card file's content */
    struct arena arena;
    struct card card;
    struct public_key root;
    struct past_key *past; /* as the daemon says; none of a file */
    size_t past_count;
};

/* A key that a card of that team has named as in use, ever. */
struct past_key {
    struct vkey key;
    struct key_id id;
    uint64_t since, until; /* versions of cards; until 0: in use */
    bool compromised;
};

/* Check and take apart the content of a card file, which is copied. */
MUST_USE enum err known_card_read(struct slice proof, struct known_card *out);
void known_card_clear(struct known_card *k);

/* Ask the daemon for a team's card (NULL: the own) and check it; false after
 * saying what is wrong. */
MUST_USE bool known_card_fetch(struct daemon *d, const char *team,
                               struct known_card *out);

/* Give the key of a role that has this id: the one in use, or one of an
 * earlier card; false if there is none. */
MUST_USE bool known_card_key(const struct known_card *k, enum key_role role,
                             const struct key_id *id, struct vkey *out);

#endif
