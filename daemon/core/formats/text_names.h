/*
 * text_names - what names are in running text: hosts, files, or neither.
 *
 * Holds:      tables of our own, in the order of their bytes, so that a text
 *             reads the same on every machine.
 * Leaves out: where a name stands in its line (text_judge.h).
 * Spec:       docs/PROTOCOL.md#texts; docs/decisions/0025
 */
#ifndef CORE_FORMATS_TEXT_NAMES_H
#define CORE_FORMATS_TEXT_NAMES_H

#include "core/base/slice.h"

/* Tell whether a label, in any case, is a top-level domain that we know: all
 * of two letters, and of the longer ones those that are in use. */
bool text_is_top(struct slice label);

/* Tell whether a name that is not defanged is a host's: its top-level domain is
 * known, and it is no file ("setup.sh"; not asked `in_mail`, behind an @), no
 * package ("com.example.app"), product or detection of a scanner. */
bool text_is_host(struct slice name, bool in_mail);

/* Tell whether a name with this last label stays within an organisation. */
bool text_is_inner_top(struct slice label);

/* Tell whether numbers behind this word count versions or parts of a
 * document, or whether such numbers may stand behind it and such a word. */
bool text_is_version_word(struct slice word);
bool text_is_version_filler(struct slice word);

#endif
