import Foundation

/// A command that runs in one of the namespaces, in a process group of its own.
struct LinkedCommand {
    private let process: pid_t

    init(_ command: String, at end: Options.End, facing peer: Options.End) throws {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The signals that end the emulator are blocked in it, and would be in what it starts.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

        let words = ["ip", "netns", "exec", end.namespace, "/bin/sh", "-c", command]
        let environment = ProcessInfo.processInfo.environment
            .merging(["LINK_ADDRESS": end.address, "LINK_PEER": peer.address]) { $1 }
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        var child: pid_t = 0
        let error = posix_spawnp(&child, words[0], nil, &attributes, &argv, &envp)
        guard error == 0 else { throw EmulatedLink.Failure(reason: "\(command): \(String(cString: strerror(error)))") }
        process = child
    }

    /// The exit code, or 128 + the signal, once it has ended.
    func exitCode() -> Int32? {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return nil }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Asks it and all that it started to end, and makes them after two seconds.
    func end() {
        kill(-process, SIGTERM)
        for _ in 0..<100 {
            if exitCode() != nil { break }
            usleep(20_000)
        }
        kill(-process, SIGKILL)
    }
}
