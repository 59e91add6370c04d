/// Puts the values of variables into a document.
struct VariableResolution {
    /// Values by name.
    let environment: [String: VariableValue]

    /// The document with every text resolved. A value that is one whole variable becomes `untyped`; one with a mistake
    /// becomes `mistaken` and keeps it.
    func resolved(_ node: DocumentNode, at path: DocumentPath) -> DocumentNode {
        var result = node
        switch node.content {
        case .text(let text) where text.utf8.contains(UInt8(ascii: "$")):
            resolve(text, into: &result, at: path)
        case .list(let elements):
            result.content = .list(elements.enumerated().map { resolved($1, at: path.element($0)) })
        case .object(let members):
            result.content = .object(
                members.map {
                    var member = $0
                    member.value = resolved($0.value, at: path.member($0.name))
                    return member
                })
        default:
            break
        }
        return result
    }

    /// The mistakes that are left in a document after overrides.
    static func mistakes(in node: DocumentNode) -> [DefinitionMistake] {
        switch node.content {
        case .mistaken(let mistakes): mistakes
        case .list(let elements): elements.flatMap(mistakes(in:))
        case .object(let members): members.flatMap { mistakes(in: $0.value) }
        default: []
        }
    }

    private func resolve(_ text: String, into node: inout DocumentNode, at path: DocumentPath) {
        let template: VariableTemplate
        do throws(VariableTemplate.Fault) {
            template = try VariableTemplate(text)
        } catch {
            let mistake = DefinitionMistake(at: node.place, path: path, error.what, allowed: error.allowed)
            node.content = .mistaken([mistake])
            return
        }
        do throws(VariableTemplate.Unset) {
            var uses: [SettingOrigin.VariableUse] = []
            let value = try template.text(environment, uses: &uses)
            node.content = template.isOneVariable ? .untyped(value) : .text(value)
            if !uses.isEmpty { node.origin = .variables(uses.distinct, node.place) }
        } catch {
            node.content = .mistaken([mistake(error, at: node.place, path)])
        }
    }

    private func mistake(
        _ unset: VariableTemplate.Unset, at place: Place, _ path: DocumentPath
    ) -> DefinitionMistake {
        let message = unset.message.map { QuotedText.printable($0) } ?? ""
        return DefinitionMistake(
            at: place, path: path, unset.isEmpty ? "empty variable" : "unset variable", found: "${\(unset.name)}",
            allowed: message.isEmpty
                ? "a value in the environment, or a default: ${\(unset.name):-default}" : message,
            nearest: NearestName.nearest(to: unset.name, among: environment.keys.sorted()))
    }
}
