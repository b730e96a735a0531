import Foundation

@testable import LinkEmulator

/// Two namespaces, joined by an emulated link.
struct TestLink: Sendable {
    let a: Namespace
    let b: Namespace
    let emulator: ChildProcess
    let reportFile: String

    /// Starts the clock of its scenario.
    func start() { emulator.signal(SIGUSR1) }

    /// Ends it, and tells what passed.
    func stop() async throws -> LinkReport {
        emulator.signal(SIGTERM)
        let code = try await emulator.waitForExit()
        guard code == 0, let json = FileManager.default.contents(atPath: reportFile) else {
            throw ChildProcess.Failure(description: "LinkEmulator ended: \(code)")
        }
        return try JSONDecoder().decode(LinkReport.self, from: json)
    }
}
