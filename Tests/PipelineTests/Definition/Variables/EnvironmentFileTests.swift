import Pipeline
import Testing

@Suite("an environment file")
struct EnvironmentFileTests {
    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try EnvironmentFile.variables(Array(text.utf8), file: ".env")
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test("gives its variables: comments, export, quotes and escapes")
    func variables() throws {
        let text = """
            \u{FEFF}# comment
            A=1\r
              export B = two words # comment
            C='it is ${A} \\n # so'   # comment
            D="tab\\tquote\\"dollar\\$ # no comment"
            E=
            F=a#b=c

            G=""
            """
        #expect(
            try EnvironmentFile.variables(Array(text.utf8), file: ".env").mapValues(\.text) == [
                "A": "1", "B": "two words", "C": "it is ${A} \\n # so", "D": "tab\tquote\"dollar$ # no comment",
                "E": "",
                "F": "a#b=c", "G": "",
            ])
    }

    @Test("says of each variable in which line it stands")
    func lines() throws {
        let variables = try EnvironmentFile.variables(Array("# comment\n\nA=1\nexport B=\n".utf8), file: ".env")
        #expect(variables.mapValues { $0.place?.description } == ["A": ".env:3", "B": ".env:4"])
    }

    @Test("tells all its mistakes with their lines, and no value")
    func allMistakes() {
        let told = mistakes(
            """
            A=1
            hunter2
            1B=hunter2
            C="hunter2
            D='hunter2' hunter2
            E="\\hunter2"
            A=hunter2
            =hunter2
            """)
        #expect(told.map { $0.prefix(7) } == (2...8).map { ".env:\($0):" })
        #expect(!told.joined().contains("hunter"))
        #expect(told[5].contains("A stands in line 1 already"))
    }

    @Test("refuses bytes that are no UTF-8")
    func invalidBytes() {
        #expect(throws: DefinitionMistakes.self) {
            try EnvironmentFile.variables([0x41, 0x3D, 0xFF], file: ".env")
        }
    }
}
