#ifndef SPECTRAX_CQRENCODE_SHIM_H
#define SPECTRAX_CQRENCODE_SHIM_H

#include <qrencode.h>

#endif
