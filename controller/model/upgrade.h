#ifndef CONTROLLER_MODEL_UPGRADE_H
#define CONTROLLER_MODEL_UPGRADE_H

/* Stores of older versions: what resources have today is added to those that were made without. */

#include "controller/model/model_priv.h"

struct upgrade;

/* After all is loaded, before references are followed: in memory. */
struct upgrade *upgrade_loaded(struct model *m);
/* When the model is whole: put U, given, into the store. */
void upgrade_write(struct upgrade *u);

#endif
