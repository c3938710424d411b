package import Detections
package import Settings

/// Makes the detector that settings describe, for commands that analyse files.
package enum DetectorFactory {
    /// - Throws: `ModelError` that names the model's file and what is wrong with it.
    package static func make(_ detection: Settings.Detection) throws(ModelError) -> ObjectDetector {
        let file = try ModelLocation.find(detection)
        let runtime = try OnnxRuntime(path: detection.onnxruntime.map { ModelLocation.expanded($0) })
        return try ObjectDetector(runtime, model: file, threads: detection.threads)
    }
}
