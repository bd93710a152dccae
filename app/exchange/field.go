package exchange

// Field is what of a patient a column holds, named as in package clinical.
type Field string

// The fields that are read. FamilyName, BirthDate and FileNumber must have a
// column.
const (
	FileNumber  Field = "FileNumber"
	FamilyName  Field = "FamilyName"
	GivenName   Field = "GivenName"
	BirthDate   Field = "BirthDate"
	Sex         Field = "Sex"
	Fitzpatrick Field = "Fitzpatrick"
	// Ignore in Options.Columns is a column that the caller leaves out.
	Ignore Field = "-"
)

// Fields lists the fields that a column can have, in the order of an export.
func Fields() []Field {
	return []Field{FileNumber, FamilyName, GivenName, BirthDate, Sex, Fitzpatrick}
}

// required lists the fields without which no patient can be stored.
func required() []Field { return []Field{FileNumber, FamilyName, BirthDate} }

// known says whether f can be read, or is Ignore.
func (f Field) known() bool {
	switch f {
	case FileNumber, FamilyName, GivenName, BirthDate, Sex, Fitzpatrick, Ignore:
		return true
	}
	return false
}

// names is what the usual practice software calls a field's column, as letters
// makes of it. English, German, French, Spanish, Portuguese, a line each.
func names(f Field) []string {
	switch f {
	case FileNumber:
		return []string{
			"filenumber", "fileno", "filenr", "patientid", "patientnumber", "patientno", "patno", "mrn", "medicalrecordnumber", "chartnumber", "chartno", "recordnumber",
			"patientennummer", "patientennr", "patientnr", "patnr", "patientenid", "karteinummer", "karteinr", "aktennummer", "aktennr", "fallnummer", "aktenzeichen",
			"numerodedossier", "numerodossier", "ndossier", "nodossier", "ndedossier", "dossier", "numeropatient", "npatient", "nopatient", "idpatient", "numerodupatient",
			"numerodehistoria", "nhistoria", "nohistoria", "nhistoriaclinica", "ndehistoria", "ndehistoriaclinica", "numerodehistoriaclinica", "historiaclinica", "nhc", "expediente", "numerodeexpediente", "nexpediente", "numerodepaciente", "npaciente", "idpaciente",
			"numerodoprocesso", "nprocesso", "ndoprocesso", "noprocesso", "processo", "numerodeprocesso", "prontuario", "nprontuario", "ndoprontuario", "numerodoprontuario", "numerodopaciente", "ndopaciente", "codigodopaciente",
		}
	case FamilyName:
		return []string{
			"familyname", "lastname", "surname", "patientsurname", "patientlastname",
			"nachname", "familienname", "zuname",
			"nomdefamille", "nompatient", "patronyme", "nomusuel",
			"apellido", "apellidos", "primerapellido",
			"sobrenome", "apelido", "apelidos", "ultimonome", "nomedefamilia",
		}
	case GivenName:
		return []string{
			"givenname", "givennames", "firstname", "firstnames", "forename", "forenames", "patientfirstname",
			"vorname", "vornamen", "rufname",
			"prenom", "prenoms",
			"nombredepila", "nombres", "primernombre",
			"nomeproprio", "primeironome", "nomesproprios", "prenome",
		}
	case BirthDate:
		return []string{
			"birthdate", "dateofbirth", "dob", "birthday", "born", "birth",
			"geburtsdatum", "geburtstag", "geboren", "geborenam", "gebdatum", "gebdat", "geb", "gebam",
			"datedenaissance", "datenaissance", "naissance", "neele", "nele", "ddn", "datenaiss",
			"fechadenacimiento", "fechanacimiento", "fnacimiento", "fdenacimiento", "nacimiento", "fechanac", "fnac",
			"datadenascimento", "datanascimento", "nascimento", "datanasc", "dtnascimento", "dtnasc", "dn",
		}
	case Sex:
		return []string{"sex", "gender", "geschlecht", "geschl", "sexe", "genre", "sexo", "genero"}
	case Fitzpatrick:
		return []string{
			"fitzpatrick", "skintype", "fitzpatrickskintype", "fitzpatricktype", "phototype", "skinphototype", "fst",
			"hauttyp", "hauttypfitzpatrick", "hauttypnachfitzpatrick", "fitzpatrickhauttyp",
			"phototypecutane", "typedepeau", "phototypefitzpatrick", "phototypedefitzpatrick",
			"fototipo", "fototipocutaneo", "tipodepiel", "fototipofitzpatrick", "fototipodefitzpatrick", "tipodepele",
		}
	}
	return nil
}

// halfNames are names that may also stand over whole names. Each counts only
// beside a column of the other half, which its field here names.
func halfNames(f Field) (own []string, beside Field) {
	switch f {
	case FamilyName:
		return []string{"name", "nom"}, GivenName
	case GivenName:
		return []string{"nombre", "nome"}, FamilyName
	}
	return nil, ""
}

// exported says whether a column is one that this package writes and does not
// read: an id or a time of the store that the file comes from.
func exported(name string) bool {
	switch name {
	case "id", "revision", "createdutc", "updatedutc":
		return true
	}
	return false
}
