#ifndef SPECTRAX_CCAIRO_SHIM_H
#define SPECTRAX_CCAIRO_SHIM_H

#include <cairo.h>

#endif
