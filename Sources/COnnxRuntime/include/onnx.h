// ONNX Runtime opened at run time: linking would bind the program to one exact version of it.
//
// Calls go through the function table of `OrtGetApiBase()->GetApi(12)`, whose slots never move. No logic here: each
// function is one call of the table (or a few that belong together), and returns NULL or an error text that the caller
// frees with `onnx_free_error`.
#ifndef SPECTRAX_ONNX_H
#define SPECTRAX_ONNX_H

#include <stddef.h>
#include <stdint.h>

typedef struct OnnxLibrary OnnxLibrary;
typedef struct OnnxSession OnnxSession;

// Opens the library and makes its environment. On failure *error is set and NULL returned.
OnnxLibrary *onnx_open(const char *path, char **error);
const char *onnx_version(const OnnxLibrary *library);
void onnx_close(OnnxLibrary *library);

OnnxSession *onnx_session_create(OnnxLibrary *library, const char *model, int threads, char **error);
void onnx_session_free(OnnxSession *session);

size_t onnx_input_count(const OnnxSession *session);
size_t onnx_output_count(const OnnxSession *session);
// Names live as long as the session.
const char *onnx_input_name(const OnnxSession *session, size_t index);
const char *onnx_output_name(const OnnxSession *session, size_t index);
// Fills up to `capacity` dimensions (-1: free) and the element type; returns how many there are, or -1.
long onnx_input_shape(const OnnxSession *session, size_t index, int64_t *dimensions, size_t capacity, int *type);
long onnx_output_shape(const OnnxSession *session, size_t index, int64_t *dimensions, size_t capacity, int *type);

// The value of a key of the model's own metadata; NULL where there is none. Freed with `free`.
char *onnx_metadata(const OnnxSession *session, const char *key);

// Binds caller-owned memory as input `index`; it must outlive the session or the next binding.
char *onnx_bind_input(
    OnnxSession *session, size_t index, void *data, size_t bytes, const int64_t *dimensions, size_t rank, int type);
// Runs the model on the bound inputs. Outputs stay valid until the next run.
char *onnx_run(OnnxSession *session);
// NULL without an error stands for an output of no elements.
const void *onnx_output(
    OnnxSession *session, size_t index, int64_t *dimensions, size_t capacity, size_t *rank, int *type, char **error);

void onnx_free_error(char *error);

// Element types, by ONNXTensorElementDataType.
enum {
    ONNX_FLOAT = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3, ONNX_UINT16 = 4, ONNX_INT16 = 5, ONNX_INT32 = 6, ONNX_INT64 = 7,
    ONNX_BOOL = 9, ONNX_FLOAT16 = 10, ONNX_DOUBLE = 11
};

#endif
