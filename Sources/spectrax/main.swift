private import Commands

await Spectrax.main()
