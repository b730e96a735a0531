import Testing

@testable import MediaCore

@Suite struct DTLSRobustnessTests {
    private static let fatalAlert: [UInt8] = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40]

    /// A ClientHello that offers TLS_RSA_WITH_NULL_MD5 alone.
    private static let nullHello: [UInt8] =
        [22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 77, 0, 54]
        + [1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42]
        + [0xFE, 0xFD] + [UInt8](repeating: 9, count: 32) + [0, 0, 0, 2, 0, 1, 1, 0]

    private func record(_ type: UInt8, epoch: UInt8 = 0, sequence: UInt8 = 200, _ payload: [UInt8]) -> [UInt8] {
        let length = [UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        return [type, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, sequence] + length + payload
    }

    private func fragment(
        _ type: UInt8, length: Int, sequence: UInt8, offset: Int, count: Int, present: Int? = nil
    ) -> [UInt8] {
        func three(_ value: Int) -> [UInt8] { [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
        return [type] + three(length) + [0, sequence] + three(offset) + three(count)
            + [UInt8](repeating: 1, count: present ?? count)
    }

    /// Runs a handshake; hands `inputs` to both sides at the start, in the middle of every flight and at the end. None
    /// may change anything.
    private func expectUndisturbed(by inputs: [[UInt8]], _ comment: Comment) throws {
        let link = try DTLSLink()
        func disturb() {
            for input in inputs {
                let states = (link.clientState, link.serverState, link.sent.count)
                for isToServer in [true, false] {
                    let outcome = link.deliver(input, toServer: isToServer)
                    guard case .dropped = outcome else {
                        Issue.record("\(comment) \(input.prefix(26)): \(outcome)")
                        continue
                    }
                }
                #expect((link.clientState, link.serverState, link.sent.count) == states, comment)
            }
        }
        disturb()
        link.start()
        for _ in 0..<5 {
            disturb()
            link.run(for: .milliseconds(20))
        }
        #expect(link.areConnected && link.clientKeys?.local == link.serverKeys?.remote, comment)
        #expect(link.sent.count == 4, comment)
        disturb()
        link.closeClient()
        link.run()
        #expect(link.serverState == .closed, comment)
    }

    @Test func plaintextAlertsAreDropped() throws {
        try expectUndisturbed(by: [Self.fatalAlert, record(21, [1, 0]), record(21, [2])], "alert")
    }

    @Test func garbageIsDropped() throws {
        var random = MediaRandom.seeded(4)
        var inputs: [[UInt8]] = [[], [22], [0xFE], [20, 0xFE, 0xFD], [22, 3, 3, 0, 1, 0]]
        for count in 0..<40 {
            inputs.append(random.bytes(count * 13))
            // Well-formed records whose content is nonsense.
            inputs.append(record(23, random.bytes(count)))
            inputs.append(record(22, [UInt8](repeating: 0, count: count)))
            inputs.append(record(24, random.bytes(count)))
            inputs.append(record(22, epoch: 2, random.bytes(count)))
        }
        inputs += [record(20, [2]), record(20, []), record(20, [1, 1])]
        try expectUndisturbed(by: inputs, "garbage")
    }

    @Test func impossibleFragmentsAreDropped() throws {
        var payloads: [[UInt8]] = []
        // Client's and server's messages, and some that neither sends.
        for type in [0, 1, 2, 4, 11, 12, 14, 16, 20, 22, 255] as [UInt8] {
            payloads += [
                fragment(type, length: 1 << 24 - 1, sequence: 1, offset: 0, count: 10),
                fragment(type, length: 8193, sequence: 1, offset: 0, count: 10),
                fragment(type, length: 100, sequence: 1, offset: 91, count: 10),
                fragment(type, length: 100, sequence: 1, offset: 1 << 24 - 1, count: 1),
                fragment(type, length: 100, sequence: 1, offset: 0, count: 0),
                fragment(type, length: 100, sequence: 9, offset: 0, count: 10),
                fragment(type, length: 100, sequence: 1, offset: 0, count: 50, present: 40),
                Array(fragment(type, length: 100, sequence: 1, offset: 0, count: 10).prefix(11)),
            ]
        }
        payloads.append(fragment(1, length: 60, sequence: 1, offset: 0, count: 60))
        payloads.append(fragment(11, length: 60, sequence: 0, offset: 0, count: 60))
        let link = try DTLSLink()
        link.start()
        for payload in payloads {
            #expect(link.deliver(record(22, payload), toServer: true) == .dropped(.dtlsMalformed))
            #expect(link.deliver(record(22, payload), toServer: false) == .dropped(.dtlsMalformed))
        }
        link.run()
        #expect(link.areConnected && link.sent.count == 4)
    }

    /// OpenSSL would keep a hundred of them, 17 kB each.
    @Test func earlyRecordsAreBounded() throws {
        let link = try DTLSLink()
        link.start()
        link.run(for: .milliseconds(30))
        var kept = 0
        for number in 0..<1000 {
            let early = record(22, epoch: 1, sequence: UInt8(number & 255), [UInt8](repeating: 5, count: 48))
            if link.deliver(early, toServer: true) == .nothing { kept += 1 }
        }
        #expect(kept == 4 && link.serverState == .connecting)
        link.run()
        #expect(link.areConnected)
    }

    @Test func aFinishedThatOvertakesIsKept() throws {
        let link = try DTLSLink(maximumDatagramSize: 256)
        var held: [[UInt8]] = []
        link.filter = { isToServer, bytes in
            // The client's last flight waits until all of it is there.
            guard isToServer, bytes[0] != 22 || bytes[4] != 0 || bytes[13] != 1 else { return true }
            held.append(bytes)
            return false
        }
        link.start()
        link.run(for: .milliseconds(50))
        #expect(held.count > 1)
        link.filter = { _, _ in true }
        // Split into records, Finished first.
        var records: [[UInt8]] = []
        for datagram in held {
            var reader = WireReader(datagram.span.bytes)
            while let record = try? DTLSRecord(&reader) { records.append(record.bytes.array) }
        }
        let finished = records.removeLast()
        #expect(link.deliver(finished, toServer: true) == .nothing)
        for record in records { link.deliver(record, toServer: true) }
        #expect(link.serverState == .connected)
        link.run(for: .milliseconds(50))
        #expect(link.areConnected)
    }

    @Test func aHelloWeCannotServeEndsWhatHasNotBegun() throws {
        let link = try DTLSLink()
        #expect(link.deliver(Self.nullHello, toServer: true) == .failed(.noCommonCipher))
        #expect(link.serverState == .failed && link.sent.count == 1 && link.sent[0].bytes[0] == 21)
    }

    @Test func aHelloWeCannotServeChangesNothingLater() throws {
        let link = try DTLSLink()
        link.start()
        link.run(for: .milliseconds(30))
        #expect(link.serverState == .connecting)
        #expect(link.deliver(Self.nullHello, toServer: true) == .nothing)
        #expect(link.deliver(Self.nullHello, toServer: false) == .dropped(.dtlsMalformed))
        link.run()
        #expect(link.areConnected && link.sent.count == 4)
        #expect(link.deliver(Self.nullHello, toServer: true) == .dropped(.dtlsUnexpected))
        #expect(link.areConnected && link.sent.count == 4)
    }

    @Test func duplicatesChangeNothing() throws {
        let link = try DTLSLink()
        link.duplicationPercent = 100
        link.start()
        link.run()
        #expect(link.areConnected && link.clientKeys?.local == link.serverKeys?.remote)
        let connects = (link.clientOutcomes + link.serverOutcomes).filter {
            if case .connected = $0 { true } else { false }
        }
        #expect(connects.count == 2)
    }

    /// Damages bytes of each datagram of a handshake, one a run. The undamaged repetition may save the handshake, or it
    /// may have failed: nothing vouches for a message before Finished. What must never be is keys that differ, or keys
    /// at a client that failed. (A server may be done by then: it speaks last.)
    @Test func aFlippedByteIsHarmless() throws {
        let model = try DTLSLink()
        model.start()
        model.run()
        var completed = 0
        var failed = 0
        for (number, datagram) in model.sent.enumerated() {
            for offset in datagram.bytes.indices where offset < 64 || offset % 3 == 0 {
                let link = try DTLSLink()
                var count = 0
                link.filter = { _, bytes in
                    if count == number, offset < bytes.count { bytes[offset] ^= 1 << UInt8(offset % 8) }
                    count += 1
                    return true
                }
                link.start()
                link.run()
                if link.areConnected {
                    completed += 1
                    #expect(link.clientKeys?.local == link.serverKeys?.remote)
                    #expect(link.clientKeys?.remote == link.serverKeys?.local)
                } else {
                    failed += 1
                    #expect(link.clientKeys == nil && link.clientState == .failed, "datagram \(number), byte \(offset)")
                    #expect(link.nextDeadline == nil)
                }
            }
        }
        print("DTLS handshakes with a flipped byte: \(completed) completed, \(failed) failed")
        // Only handshake messages can do harm before Finished, and of the last datagram nothing can.
        #expect(completed > 100 && failed > 0)
    }

    @Test func everyTruncationIsHarmless() throws {
        let model = try DTLSLink()
        model.start()
        model.run()
        for (number, datagram) in model.sent.enumerated() {
            for length in stride(from: 0, to: datagram.bytes.count, by: 7) {
                let link = try DTLSLink()
                var count = 0
                link.filter = { _, bytes in
                    if count == number { bytes = Array(bytes.prefix(length)) }
                    count += 1
                    return true
                }
                link.start()
                link.run()
                #expect(link.areConnected, "datagram \(number) of \(length) bytes")
            }
        }
    }

    @Test func onlyAnAuthenticCloseCloses() throws {
        let link = try DTLSLink()
        link.start()
        link.run()
        link.filter = { _, _ in false }
        link.closeClient()
        let close = try #require(link.sent.last).bytes
        for offset in close.indices {
            for bit in 0..<8 {
                var damaged = close
                damaged[offset] ^= 1 << UInt8(bit)
                let outcome = link.deliver(damaged, toServer: true)
                #expect(outcome != .closed && link.serverState == .connected, "byte \(offset)")
            }
        }
        #expect(link.deliver(close, toServer: true) == .closed)
        #expect(link.serverState == .closed)
    }
}
