/// The OpenAPI document as a page: addresses by topic, then the shapes of what they answer. Without scripts.
struct DocumentPage {
    let document: OrderedJSON

    var html: String {
        let info = document["info"]
        let title = htmlEscaped(info?["title"]?.text ?? "API")
        let topics = document["tags"]?.elements.compactMap { tag in tag["name"]?.text.map { ($0, tag) } } ?? []
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>\(Self.style)</style></head>
            <body><header><h1>\(title)</h1>\(prose(info?["description"]))
            <p>The same for programs: <a href="/openapi.json">openapi.json</a>. Back to the <a href="/">cameras</a>.</p>
            <nav>\(topics.map { contents($0.0) }.joined())<a href="#shapes">Shapes</a></nav></header>
            <main>
            \(topics.map { "<h2>\(htmlEscaped($0.0))</h2>\(prose($0.1["description"]))\(operations($0.0).map(article).joined())" }
            .joined(separator: "\n"))
            <h2 id="shapes">Shapes</h2>
            \((document["components"]?["schemas"]?.fields ?? []).map(shape).joined(separator: "\n"))
            </main></body></html>

            """
    }

    private static let style = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #8884; --soft: #8882 }
        body { margin: 1.5rem auto; max-width: 60rem; padding: 0 1rem }
        h2 { border-bottom: 1px solid var(--line); margin-top: 3rem } h3 { margin: 2rem 0 .5rem; overflow-wrap: anywhere }
        h4 { margin: 1rem 0 .25rem; font-size: .9rem } a { color: light-dark(#0353a4, #8ab8ff) }
        code, pre { font: .875rem/1.45 ui-monospace, monospace } code { background: var(--soft); padding: .1em .3em; border-radius: 3px }
        pre { background: var(--soft); padding: .75rem; border-radius: 6px; overflow: auto } pre, p { margin: .5rem 0 }
        table { border-collapse: collapse; width: 100%; font-size: .9rem }
        th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line) }
        td p { margin: 0 } nav div { margin: .25rem 0 } nav a { margin-right: .75rem; white-space: nowrap }
        .method { display: inline-block; min-width: 4.5rem; font-size: .85em } .patch { color: light-dark(#8a5a00, #f0b849) }
        .delete { color: light-dark(#b3261e, #ff8a80) } .get, .head { color: light-dark(#1b6e3c, #7bd69b) }
        """

    // MARK: Addresses

    /// A method of an address.
    private struct Operation {
        let path: String
        let method: String
        let content: OrderedJSON
        let parameters: [OrderedJSON]

        var id: String { content["operationId"]?.text ?? "\(method)\(path)" }
    }

    private func operations(_ topic: String) -> [Operation] {
        (document["paths"]?.fields ?? []).flatMap { path in
            path.value.fields.filter { $0.value["tags"]?.elements.first?.text == topic }.map { method in
                Operation(
                    path: path.key, method: method.key, content: method.value,
                    parameters: ((path.value["parameters"]?.elements ?? [])
                        + (method.value["parameters"]?.elements ?? [])).map(resolved))
            }
        }
    }

    private func contents(_ topic: String) -> String {
        let links = operations(topic).map {
            "<a href=\"#\(htmlEscaped($0.id))\">\(htmlEscaped($0.method.uppercased())) \(htmlEscaped($0.path))</a>"
        }
        return "<div><strong>\(htmlEscaped(topic))</strong> \(links.joined(separator: " "))</div>"
    }

    private func article(_ operation: Operation) -> String {
        let method = htmlEscaped(operation.method)
        return """
            <article id="\(htmlEscaped(operation.id))">
            <h3><span class="method \(method)">\(method.uppercased())</span> <code>\(htmlEscaped(operation.path))</code></h3>
            \(prose(operation.content["summary"]))\(prose(operation.content["description"]))
            \(parameters(operation.parameters))\(requestBody(operation.content["requestBody"]))
            \(answers(operation.content["responses"]))\(example(operation.content["responses"]?["200"]))
            \(commands(operation.content["x-codeSamples"]))</article>

            """
    }

    private func parameters(_ parameters: [OrderedJSON]) -> String {
        guard !parameters.isEmpty else { return "" }
        let rows = parameters.map { parameter in
            let standard = parameter["schema"]?["default"].map { "<code>\(htmlEscaped(Self.plain($0)))</code>" } ?? ""
            return [
                "<code>\(htmlEscaped(parameter["name"]?.text ?? ""))</code>", htmlEscaped(parameter["in"]?.text ?? ""),
                kind(parameter["schema"]), standard, prose(parameter["description"]) + samples(of: parameter),
            ]
        }
        return "<h4>Parameters</h4>" + table(["name", "in", "type", "default", "meaning"], rows)
    }

    private func samples(of parameter: OrderedJSON) -> String {
        let values =
            [parameter["example"]].compactMap { $0 }
            + (parameter["examples"]?.fields.compactMap { $0.value["value"] } ?? [])
        return values.isEmpty
            ? "" : "e.g. " + values.map { "<code>\(htmlEscaped(Self.plain($0)))</code>" }.joined(separator: ", ")
    }

    private func requestBody(_ body: OrderedJSON?) -> String {
        guard let body, let content = body["content"]?.fields.first else { return "" }
        let sample = content.value["example"].map { "<pre>\(htmlEscaped($0.indented()))</pre>" } ?? ""
        return "<h4>Body</h4><p>\(htmlEscaped(content.key)), \(kind(content.value["schema"]))</p>"
            + "\(prose(body["description"]))\(sample)"
    }

    private func answers(_ responses: OrderedJSON?) -> String {
        let rows = (responses?.fields ?? []).map { field in
            let answer = resolved(field.value)
            let bodies = (answer["content"]?.fields ?? []).map { content in
                let shape = content.key == "application/json" ? ", \(kind(content.value["schema"]))" : ""
                return "<code>\(htmlEscaped(content.key))</code>\(shape)"
            }
            let headers = (answer["headers"]?.fields ?? []).map { "<code>\(htmlEscaped($0.key))</code>" }
            let fields = headers.isEmpty ? "" : "<p>Headers: \(headers.joined(separator: ", "))</p>"
            return [htmlEscaped(field.key), prose(answer["description"]) + fields, bodies.joined(separator: "<br>")]
        }
        return "<h4>Answers</h4>" + table(["status", "meaning", "body"], rows)
    }

    private func example(_ answer: OrderedJSON?) -> String {
        guard let content = answer.map(resolved)?["content"]?.fields.first?.value,
            let sample = content["example"] ?? content["schema"].map(resolved)?["examples"]?.elements.first
        else { return "" }
        return "<h4>Example</h4><pre>\(htmlEscaped(sample.indented()))</pre>"
    }

    private func commands(_ samples: OrderedJSON?) -> String {
        let lines = (samples?.elements ?? []).compactMap { $0["source"]?.text }
        return lines.isEmpty ? "" : "<h4>Try it</h4><pre>\(lines.map { htmlEscaped($0) }.joined(separator: "\n"))</pre>"
    }
}
