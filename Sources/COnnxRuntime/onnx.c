#include "onnx.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// Opaque types of ONNX Runtime.
typedef void Status;
typedef void *(*Slot)(void);

struct ApiBase {
    const void *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

// Slots of the function table, by the order of OrtApi in onnxruntime_c_api.h.
enum {
    GET_ERROR_MESSAGE = 2, CREATE_ENV = 3, CREATE_SESSION = 7, RUN = 9, CREATE_SESSION_OPTIONS = 10,
    SET_GRAPH_OPTIMIZATION_LEVEL = 23,
    SET_INTRA_OP_THREADS = 24, SET_INTER_OP_THREADS = 25, INPUT_COUNT = 30, OUTPUT_COUNT = 31, INPUT_TYPE_INFO = 33,
    OUTPUT_TYPE_INFO = 34, INPUT_NAME = 36, OUTPUT_NAME = 37, CREATE_TENSOR_WITH_DATA = 49, TENSOR_DATA = 51,
    CAST_TYPE_INFO_TO_TENSOR_INFO = 55, ELEMENT_TYPE = 60, DIMENSIONS_COUNT = 61, DIMENSIONS = 62,
    TENSOR_TYPE_AND_SHAPE = 65, CREATE_CPU_MEMORY_INFO = 69, ALLOCATOR_FREE = 76, DEFAULT_ALLOCATOR = 78,
    RELEASE_ENV = 92, RELEASE_STATUS = 93, RELEASE_MEMORY_INFO = 94, RELEASE_SESSION = 95, RELEASE_VALUE = 96,
    RELEASE_TYPE_INFO = 98, RELEASE_TENSOR_INFO = 99, RELEASE_SESSION_OPTIONS = 100, MODEL_METADATA = 111,
    METADATA_LOOKUP = 116, RELEASE_MODEL_METADATA = 118, ADD_SESSION_CONFIG_ENTRY = 130,
};
enum { API_VERSION = 12 };

struct OnnxLibrary {
    void *handle;
    const Slot *api;
    const char *version;
    void *env;
};

struct OnnxSession {
    OnnxLibrary *library;
    void *session, *memory, *allocator;
    size_t inputs, outputs;
    char **input_names, **output_names;
    void **input_values, **output_values;
};

#define CALL(api, slot, ...) (((Status * (*)(__VA_ARGS__))(api)[slot]))
#define VOID_CALL(api, slot) (((void (*)(void *))(api)[slot]))

// Turns a status into an error text, and frees the status.
static char *text_of(const Slot *api, Status *status) {
    if (!status) return NULL;
    const char *message = ((const char *(*)(const Status *))api[GET_ERROR_MESSAGE])(status);
    char *copy = strdup(message && *message ? message : "no reason given");
    VOID_CALL(api, RELEASE_STATUS)(status);
    return copy;
}

void onnx_free_error(char *error) { free(error); }

OnnxLibrary *onnx_open(const char *path, char **error) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *reason = dlerror();
        *error = strdup(reason ? reason : "dlopen failed");
        return NULL;
    }
    const struct ApiBase *(*get_base)(void) = (const struct ApiBase *(*)(void))dlsym(handle, "OrtGetApiBase");
    const struct ApiBase *base = get_base ? get_base() : NULL;
    const Slot *api = base ? base->get_api(API_VERSION) : NULL;
    if (!api) {
        *error = strdup(base ? "it is older than ONNX Runtime 1.12" : "it is not ONNX Runtime");
        dlclose(handle);
        return NULL;
    }
    void *env = NULL;
    enum { LOG_FATAL = 4 };
    *error = text_of(api, CALL(api, CREATE_ENV, int, const char *, void **)(LOG_FATAL, "spectrax", &env));
    OnnxLibrary *library = *error ? NULL : calloc(1, sizeof *library);
    if (!library) {
        if (!*error) *error = strdup("out of memory");
        if (env) VOID_CALL(api, RELEASE_ENV)(env);
        dlclose(handle);
        return NULL;
    }
    *library = (OnnxLibrary){handle, api, base->get_version(), env};
    return library;
}

const char *onnx_version(const OnnxLibrary *library) { return library->version; }

void onnx_close(OnnxLibrary *library) {
    if (!library) return;
    VOID_CALL(library->api, RELEASE_ENV)(library->env);
    // The handle stays open: ONNX Runtime's threads may still be on their way out.
    free(library);
}

static char *make_options(OnnxLibrary *library, int threads, void **options) {
    const Slot *api = library->api;
    char *error = text_of(api, CALL(api, CREATE_SESSION_OPTIONS, void **)(options));
    if (!error) error = text_of(api, CALL(api, SET_GRAPH_OPTIMIZATION_LEVEL, void *, int)(*options, 99));
    if (!error) error = text_of(api, CALL(api, SET_INTRA_OP_THREADS, void *, int)(*options, threads));
    if (!error) error = text_of(api, CALL(api, SET_INTER_OP_THREADS, void *, int)(*options, 1));
    // Idle threads sleep instead of spinning.
    static const char *const entries[][2] = {
        {"session.intra_op.allow_spinning", "0"}, {"session.inter_op.allow_spinning", "0"}};
    for (size_t i = 0; !error && i < sizeof entries / sizeof *entries; i++)
        error = text_of(
            api, CALL(api, ADD_SESSION_CONFIG_ENTRY, void *, const char *, const char *)(
                     *options, entries[i][0], entries[i][1]));
    return error;
}

// Names of all inputs (or outputs), copied.
static char *read_names(OnnxSession *session, int slot, size_t count, char **names) {
    const Slot *api = session->library->api;
    for (size_t i = 0; i < count; i++) {
        char *name = NULL;
        char *error = text_of(
            api, CALL(api, slot, const void *, size_t, void *, char **)(session->session, i, session->allocator, &name));
        if (error) return error;
        names[i] = strdup(name);
        text_of(api, CALL(api, ALLOCATOR_FREE, void *, void *)(session->allocator, name));
        if (!names[i]) return strdup("out of memory");
    }
    return NULL;
}

OnnxSession *onnx_session_create(OnnxLibrary *library, const char *model, int threads, char **error) {
    const Slot *api = library->api;
    OnnxSession *session = calloc(1, sizeof *session);
    if (!session) {
        *error = strdup("out of memory");
        return NULL;
    }
    session->library = library;
    void *options = NULL;
    *error = make_options(library, threads, &options);
    if (!*error)
        *error = text_of(
            api, CALL(api, CREATE_SESSION, const void *, const char *, const void *, void **)(
                     library->env, model, options, &session->session));
    if (options) VOID_CALL(api, RELEASE_SESSION_OPTIONS)(options);
    enum { ARENA_ALLOCATOR = 1, MEMORY_DEFAULT = 0 };
    if (!*error) *error = text_of(api, CALL(api, CREATE_CPU_MEMORY_INFO, int, int, void **)(
                                           ARENA_ALLOCATOR, MEMORY_DEFAULT, &session->memory));
    if (!*error) *error = text_of(api, CALL(api, DEFAULT_ALLOCATOR, void **)(&session->allocator));
    if (!*error)
        *error = text_of(api, CALL(api, INPUT_COUNT, const void *, size_t *)(session->session, &session->inputs));
    if (!*error)
        *error = text_of(api, CALL(api, OUTPUT_COUNT, const void *, size_t *)(session->session, &session->outputs));
    if (!*error) {
        session->input_names = calloc(session->inputs + 1, sizeof(char *));
        session->output_names = calloc(session->outputs + 1, sizeof(char *));
        session->input_values = calloc(session->inputs + 1, sizeof(void *));
        session->output_values = calloc(session->outputs + 1, sizeof(void *));
        if (!session->input_names || !session->output_names || !session->input_values || !session->output_values)
            *error = strdup("out of memory");
    }
    if (!*error) *error = read_names(session, INPUT_NAME, session->inputs, session->input_names);
    if (!*error) *error = read_names(session, OUTPUT_NAME, session->outputs, session->output_names);
    if (!*error) return session;
    onnx_session_free(session);
    return NULL;
}

static void release_values(OnnxSession *session, void **values, size_t count) {
    for (size_t i = 0; values && i < count; i++) {
        if (values[i]) VOID_CALL(session->library->api, RELEASE_VALUE)(values[i]);
        values[i] = NULL;
    }
}

void onnx_session_free(OnnxSession *session) {
    if (!session) return;
    const Slot *api = session->library->api;
    release_values(session, session->input_values, session->inputs);
    release_values(session, session->output_values, session->outputs);
    for (size_t i = 0; session->input_names && i < session->inputs; i++) free(session->input_names[i]);
    for (size_t i = 0; session->output_names && i < session->outputs; i++) free(session->output_names[i]);
    free(session->input_names);
    free(session->output_names);
    free(session->input_values);
    free(session->output_values);
    if (session->memory) VOID_CALL(api, RELEASE_MEMORY_INFO)(session->memory);
    if (session->session) VOID_CALL(api, RELEASE_SESSION)(session->session);
    free(session);
}

size_t onnx_input_count(const OnnxSession *session) { return session->inputs; }
size_t onnx_output_count(const OnnxSession *session) { return session->outputs; }

const char *onnx_input_name(const OnnxSession *session, size_t index) {
    return index < session->inputs ? session->input_names[index] : NULL;
}

const char *onnx_output_name(const OnnxSession *session, size_t index) {
    return index < session->outputs ? session->output_names[index] : NULL;
}

// Type and dimensions of a tensor's description.
static char *read_shape(
    const Slot *api, const void *info, int64_t *dimensions, size_t capacity, size_t *rank, int *type) {
    char *error = text_of(api, CALL(api, ELEMENT_TYPE, const void *, int *)(info, type));
    if (!error) error = text_of(api, CALL(api, DIMENSIONS_COUNT, const void *, size_t *)(info, rank));
    if (!error && *rank > capacity) error = strdup("it has too many dimensions");
    if (!error) error = text_of(api, CALL(api, DIMENSIONS, const void *, int64_t *, size_t)(info, dimensions, *rank));
    return error;
}

static long described_shape(
    const OnnxSession *session, int slot, size_t index, int64_t *dimensions, size_t capacity, int *type) {
    const Slot *api = session->library->api;
    void *info = NULL;
    const void *tensor = NULL;
    size_t rank = 0;
    char *error = text_of(api, CALL(api, slot, const void *, size_t, void **)(session->session, index, &info));
    if (!error)
        error = text_of(api, CALL(api, CAST_TYPE_INFO_TO_TENSOR_INFO, const void *, const void **)(info, &tensor));
    if (!error && !tensor) error = strdup("it is not a tensor");
    if (!error) error = read_shape(api, tensor, dimensions, capacity, &rank, type);
    if (info) VOID_CALL(api, RELEASE_TYPE_INFO)(info);
    if (!error) return (long)rank;
    free(error);
    return -1;
}

long onnx_input_shape(const OnnxSession *session, size_t index, int64_t *dimensions, size_t capacity, int *type) {
    return described_shape(session, INPUT_TYPE_INFO, index, dimensions, capacity, type);
}

long onnx_output_shape(const OnnxSession *session, size_t index, int64_t *dimensions, size_t capacity, int *type) {
    return described_shape(session, OUTPUT_TYPE_INFO, index, dimensions, capacity, type);
}

char *onnx_metadata(const OnnxSession *session, const char *key) {
    const Slot *api = session->library->api;
    void *metadata = NULL;
    char *value = NULL, *copy = NULL;
    char *error = text_of(api, CALL(api, MODEL_METADATA, const void *, void **)(session->session, &metadata));
    if (!error)
        error = text_of(
            api, CALL(api, METADATA_LOOKUP, const void *, void *, const char *, char **)(
                     metadata, session->allocator, key, &value));
    if (!error && value) {
        copy = strdup(value);
        text_of(api, CALL(api, ALLOCATOR_FREE, void *, void *)(session->allocator, value));
    }
    if (metadata) VOID_CALL(api, RELEASE_MODEL_METADATA)(metadata);
    free(error);
    return copy;
}

char *onnx_bind_input(
    OnnxSession *session, size_t index, void *data, size_t bytes, const int64_t *dimensions, size_t rank, int type) {
    if (index >= session->inputs) return strdup("there is no such input");
    const Slot *api = session->library->api;
    if (session->input_values[index]) VOID_CALL(api, RELEASE_VALUE)(session->input_values[index]);
    session->input_values[index] = NULL;
    return text_of(
        api, CALL(api, CREATE_TENSOR_WITH_DATA, const void *, void *, size_t, const int64_t *, size_t, int, void **)(
                 session->memory, data, bytes, dimensions, rank, type, &session->input_values[index]));
}

char *onnx_run(OnnxSession *session) {
    const Slot *api = session->library->api;
    for (size_t i = 0; i < session->inputs; i++)
        if (!session->input_values[i]) return strdup("an input was not bound");
    release_values(session, session->output_values, session->outputs);
    return text_of(
        api, CALL(api, RUN, void *, const void *, const char *const *, void *const *, size_t, const char *const *, size_t,
                  void **)(
                 session->session, NULL, (const char *const *)session->input_names, session->input_values,
                 session->inputs, (const char *const *)session->output_names, session->outputs, session->output_values));
}

const void *onnx_output(
    OnnxSession *session, size_t index, int64_t *dimensions, size_t capacity, size_t *rank, int *type, char **error) {
    if (index >= session->outputs || !session->output_values[index]) {
        *error = strdup("there is no such output");
        return NULL;
    }
    const Slot *api = session->library->api;
    void *info = NULL, *data = NULL;
    *error = text_of(api, CALL(api, TENSOR_TYPE_AND_SHAPE, const void *, void **)(session->output_values[index], &info));
    if (!*error) *error = read_shape(api, info, dimensions, capacity, rank, type);
    if (!*error) *error = text_of(api, CALL(api, TENSOR_DATA, void *, void **)(session->output_values[index], &data));
    if (info) VOID_CALL(api, RELEASE_TENSOR_INFO)(info);
    return *error ? NULL : data;
}
