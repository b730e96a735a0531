#if canImport(Glibc)
import Glibc
import Testing

@testable import MediaCore

@Suite struct DTLSMemoryTests {
    /// How many bytes the C allocator has given out, by its own report. Its header is not one that Swift can import.
    private static func allocated() throws -> Int {
        typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>?) -> Int32
        let symbol = try #require(dlsym(nil, "malloc_info"))
        var text: UnsafeMutablePointer<CChar>?
        var count = 0
        let stream = open_memstream(&text, &count)
        _ = unsafeBitCast(symbol, to: MallocInfo.self)(0, stream)
        fclose(stream)
        defer { free(text) }
        // The totals stand last.
        let lines = String(cString: try #require(text)).split(separator: "\n")
        func total(_ beginning: String) -> Int {
            let words = lines.last { $0.hasPrefix(beginning) }?.split(separator: "\"") ?? []
            return words.compactMap { Int($0) }.last ?? 0
        }
        return total("<system type=\"current\"") - total("<total type=\"rest\"")
            - total("<total type=\"fast\"")
    }

    /// OpenSSL holds 33 kB of record buffers for each association unless it is made to give them back. What remains is
    /// mostly its own too: 22 kB of handshake buffer, which it never gives back with DTLS, and 8 kB of state.
    ///
    /// The allocator counts for the whole process, and other tests run at the same time: this once failed for what they
    /// allocated. So it measures in a process of its own.
    @Test func aConnectedAssociationIsSmall() async {
        await #expect(processExitsWith: .success) {
            // The first round pays for what OpenSSL sets up once.
            for round in 0..<2 {
                let before = try Self.allocated()
                var links: [DTLSLink] = []
                for _ in 0..<25 {
                    let link = try DTLSLink(arenaCapacity: 1 << 12)
                    link.start()
                    link.run()
                    link.forgetSent()
                    links.append(link)
                }
                let each = (try Self.allocated() - before) / 50
                try #require(links.allSatisfy { $0.areConnected })
                links.removeAll()
                let left = (try Self.allocated() - before) / 50
                guard round > 0 else { continue }
                print("DTLS: \(each) bytes for each connected association with its link, \(left) after it")
                try #require(each < 55_000)
                try #require(left < 1000)
            }
        }
    }
}
#endif
