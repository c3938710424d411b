internal import ArgumentParser
private import Detections
private import Domain
private import Foundation
private import Server
private import Settings

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, fetch and look into detection models.",
        discussion: """
            A model is an ONNX file, with a small JSON manifest beside it where the file
            does not speak for itself. Your own works by its path:
              yolo export model=yolov8n.pt format=onnx
            and in the settings
              detection:
                model: /path/to/yolov8n.onnx
            """,
        subcommands: [List.self, Pull.self, Inspect.self], defaultSubcommand: List.self)

    struct Folder: ParsableArguments {
        @Option(help: ArgumentHelp("Where models lie.", valueName: "folder"))
        var modelsDir = Settings().detection.modelsDirectory
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models that are here, and those that can be.")
        @OptionGroup var folder: Folder

        func run() throws {
            let installed = ModelLocation.installed(in: folder.modelsDir)
            for model in installed { print("installed  \(model.name)  \(model.file)") }
            for entry in ModelCatalogue.entries where !installed.contains(where: { $0.name == entry.name }) {
                print("available  \(entry.name)  \(entry.summary)")
            }
            if installed.isEmpty {
                print("No model is installed in \(folder.modelsDir): try `spectrax models pull yolox_nano`.")
            }
        }
    }

    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch a model by name.", discussion: "The file is checked against its pinned SHA-256.")
        @Argument(help: "e.g. yolox_nano; `spectrax models list` names all.")
        var name: String
        @OptionGroup var folder: Folder

        func run() async throws {
            do {
                let done = try await ModelCatalogue.pull(name, into: folder.modelsDir) { address in
                    printError("fetching \(address) ...")
                }
                print(done)
            } catch {
                printError("\(error)")
                throw ExitCode.failure
            }
        }
    }

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what a model takes, gives and knows.")
        @Argument(help: "A model's name, or the path of an .onnx file.")
        var model: String
        @OptionGroup var folder: Folder

        func run() throws {
            var detection = Settings().detection
            detection.model = model
            detection.modelsDirectory = folder.modelsDir
            do {
                let detector = try DetectorFactory.make(detection)
                print("name     \(detector.name)")
                print("head     \(detector.head.rawValue)")
                for input in detector.inputs { print("input    \(input.text)") }
                for output in detector.outputs { print("output   \(output.text)") }
                print("takes    \(detector.treatment.text)")
                if let licence = detector.manifest.licence { print("licence  \(licence)") }
                if let source = detector.manifest.source { print("source   \(source)") }
                print("classes  \(detector.classes.count): \(detector.classes.names.joined(separator: ", "))")
            } catch {
                printError("\(error)")
                throw ExitCode.failure
            }
        }
    }
}
